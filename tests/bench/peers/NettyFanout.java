// SPDX-License-Identifier: Apache-2.0
// The "Java incumbent": Netty 4.1 WebSocket pub/sub fan-out. ws://host/sub/ch, POST /pub/ch.
// Per event loop a plain list of subscriber channels; a publish encodes the frame once into a
// pooled direct buffer and writes retained duplicates of it below the frame encoder, with void
// promises; one flush per channel and event-loop round (publishes queued together share the flush).
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.*;
import io.netty.channel.*;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.*;
import io.netty.handler.codec.http.websocketx.*;
import io.netty.handler.ssl.*;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.util.*;

public final class NettyFanout {
  static final class Hub implements Runnable { // lives on one event loop
    final EventLoop loop;
    final ArrayList<Sub> subs = new ArrayList<>();
    final ArrayDeque<ByteBuf> queue = new ArrayDeque<>();
    boolean scheduled;
    Hub(EventLoop l) {
      loop = l;
    }
    void add(Sub s) {
      s.idx = subs.size();
      subs.add(s);
    }
    void remove(Sub s) {
      int last = subs.size() - 1;
      Sub m = subs.get(last);
      subs.set(s.idx, m);
      m.idx = s.idx;
      subs.remove(last);
    }
    void publish(ByteBuf frame) {
      queue.add(frame);
      if (!scheduled) {
        scheduled = true;
        loop.execute(this);
      }
    }
    @Override
    public void run() {
      scheduled = false;
      int n = queue.size();
      for (int i = 0; i < subs.size(); i++) {
        Sub s = subs.get(i);
        if (s.ctx.channel().unsafe().outboundBuffer() == null)
          continue;
        if (s.ctx.channel().unsafe().outboundBuffer().totalPendingWriteBytes() > (16 << 20)) {
          s.ctx.close();
          continue;
        }
        for (ByteBuf b : queue) s.ctx.write(b.retainedDuplicate(), s.ctx.voidPromise());
        s.ctx.flush();
      }
      for (ByteBuf b : queue) b.release();
      queue.clear();
    }
  }
  static final Map<EventExecutor, Hub> hubs = new IdentityHashMap<>();
  static ByteBuf frame(ByteBufAllocator a, ByteBuf p) {
    int n = p.readableBytes();
    ByteBuf f = a.directBuffer(n + 4);
    f.writeByte(0x81);
    if (n < 126)
      f.writeByte(n);
    else {
      f.writeByte(126);
      f.writeShort(n);
    }
    return f.writeBytes(p);
  }
  static final class Sub
      extends ChannelInboundHandlerAdapter { // first in the pipeline (behind TLS) once upgraded:
                                             // its ctx.write skips the encoders
    ChannelHandlerContext ctx;
    int idx;
    Hub hub;
    @Override
    public void channelInactive(ChannelHandlerContext c) {
      if (hub != null)
        hub.remove(this);
      hub = null;
      c.fireChannelInactive();
    }
  }
  static final class Http extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest q) {
      if (q.method() == HttpMethod.POST) {
        for (Hub h : hubs.values()) {
          ByteBuf f = frame(ctx.alloc(), q.content().duplicate());
          if (h.loop.inEventLoop())
            h.publish(f);
          else
            h.loop.execute(() -> h.publish(f));
        }
        FullHttpResponse r =
            new DefaultFullHttpResponse(HTTP_1_1, HttpResponseStatus.OK, Unpooled.EMPTY_BUFFER);
        r.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
        ctx.writeAndFlush(r);
        return;
      }
      WebSocketServerHandshaker hs =
          new WebSocketServerHandshakerFactory("ws://x/", null, false, 65536).newHandshaker(q);
      if (hs == null) {
        ctx.close();
        return;
      }
      hs.handshake(ctx.channel(), q).addListener(f -> {
        if (!f.isSuccess())
          return;
        ChannelPipeline p = ctx.pipeline();
        Sub s = new Sub();
        if (p.get("ssl") != null)
          p.addAfter("ssl", "sub", s);
        else
          p.addFirst("sub", s);
        s.ctx = p.context(s);
        s.hub = hubs.get(ctx.channel().eventLoop());
        s.hub.add(s);
        p.replace(this, "frames", new Frames(hs));
      });
    }
    @Override
    public void exceptionCaught(ChannelHandlerContext c, Throwable t) {
      c.close();
    }
  }
  static final class Frames extends ChannelInboundHandlerAdapter {
    final WebSocketServerHandshaker hs;
    Frames(WebSocketServerHandshaker h) {
      hs = h;
    }
    @Override
    public void channelRead(ChannelHandlerContext c, Object m) {
      if (m instanceof PingWebSocketFrame)
        c.writeAndFlush(new PongWebSocketFrame(((WebSocketFrame) m).content()));
      else if (m instanceof CloseWebSocketFrame)
        hs.close(c.channel(), (CloseWebSocketFrame) m);
      else
        ReferenceCountUtil.release(m);
    }
    @Override
    public void exceptionCaught(ChannelHandlerContext c, Throwable t) {
      c.close();
    }
  }
  public static void main(String[] a) throws Exception {
    int port = Integer.parseInt(a[0]), n = Integer.parseInt(a[1]);
    SslContext ssl = a.length < 4
        ? null
        : SslContextBuilder.forServer(new java.io.File(a[2]), new java.io.File(a[3]))
              .sslProvider(SslProvider.JDK)
              .protocols("TLSv1.3")
              .build();
    NioEventLoopGroup g = new NioEventLoopGroup(n);
    for (EventExecutor e : g) hubs.put(e, new Hub((EventLoop) e));
    new ServerBootstrap()
        .group(g)
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 4096)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .childHandler(new ChannelInitializer<SocketChannel>() {
          @Override
          protected void initChannel(SocketChannel c) {
            if (ssl != null)
              c.pipeline().addLast("ssl", ssl.newHandler(c.alloc()));
            c.pipeline()
                .addLast("codec", new HttpServerCodec())
                .addLast("agg", new HttpObjectAggregator(65536))
                .addLast("http", new Http());
          }
        })
        .bind("127.0.0.1", port)
        .sync()
        .channel()
        .closeFuture()
        .sync();
  }
}
