/VexFS/ { n++
  s = match($0, /severity: [A-Za-z]+|sev=[a-z]+/) ? substr($0, RSTART, RLENGTH) : "-"
  o = match($0, /(ERR|WARNING|INFO): \[[^]]*\] [a-z_]+/) ? substr($0, RSTART, RLENGTH) : (match($0, /op=[a-z]+/) ? substr($0, RSTART, RLENGTH) : "-")
  sub(/\[[^]]*\] /, "", o); k = s SUBSEP o; c[k]++; if (!(k in f)) f[k] = $2; l[k] = $2 }
END { for (k in c) print k, c[k], f[k], l[k]; print n }
