-- SPDX-License-Identifier: Apache-2.0
-- wrk script: 10k distinct objects /o/<i>.bin, Zipf-ish (s = ZIPF_S, default 0.9). MODE=seq walks
-- all of them once and again, which warms a cache.
local n, reqs, i = 10000, {}, 0

local function cumulated(s)
  local cum, total = {}, 0
  for k = 1, n do
    total = total + 1 / k ^ s
    cum[k] = total
  end
  return cum, total
end

local function rank_of(x, cum) -- the first rank whose cumulated weight reaches x
  local lo, hi = 1, n
  while lo < hi do
    local mid = math.floor((lo + hi) / 2)
    if cum[mid] < x then lo = mid + 1 else hi = mid end
  end
  return lo
end

function init(args)
  math.randomseed(12345)
  if os.getenv("MODE") == "seq" then
    for k = 0, n - 1 do reqs[#reqs + 1] = wrk.format("GET", "/o/" .. k .. ".bin") end
    return
  end
  local cum, total = cumulated(tonumber(os.getenv("ZIPF_S") or "0.9"))
  for _ = 1, 30000 do
    local object = (rank_of(math.random() * total, cum) * 7919) % n
    reqs[#reqs + 1] = wrk.format("GET", "/o/" .. object .. ".bin")
  end
end

function request()
  i = i % #reqs + 1
  return reqs[i]
end
