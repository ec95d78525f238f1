// SPDX-License-Identifier: Apache-2.0
//
// Says under the picture how the edge came by it: what its Cache-Status says (RFC 9211).

export async function drawCacheStatus(picture, caption) {
  try {
    await picture.decode();
    // Past the browser's own cache, or this would be the answer of an earlier visit.
    const { headers } = await fetch(picture.src, { method: 'HEAD', cache: 'no-store' });
    const status = headers.get('cache-status');
    if (status) caption.textContent = `This picture, at the edge: ${status}`;
  } catch {
    // It is not worth an error: the page says itself when the server is away.
  }
}
