# SPDX-License-Identifier: Apache-2.0
# Turns wrk's report into the kit's key=value pairs; latencies come in us, ms or s.
function us(v) { return int(v * (v ~ /us$/ ? 1 : v ~ /ms$/ ? 1000 : 1000000) + 0.5) }
/Requests\/sec/ { rps = $2 }
$1 == "50%" { p50 = us($2) }
$1 == "99%" { p99 = us($2) }
/requests in/ { n = $1 }
/Non-2xx/ { e += $NF }
/Socket errors/ { gsub(",", ""); e += $4 + $6 + $8 + $10 }
END { printf "rps=%s p50us=%d p99us=%d errors=%d requests=%d", rps, p50, p99, e, n }
