#!/bin/bash
declare -A sizes=([small]=1 [large]=10)
names=(alpha "beta gamma" delta)

for name in "${!sizes[@]}"; do
  echo "$name=${sizes[$name]}"

for ((i = 0; i < ${#names[@]}; i++)); do
  (( i % 2 == 0 )) && continue
  echo "${names[i]^^}" | tr ' ' '_'
done

while IFS=: read -r user _ uid _; do
  if (( uid >= 1000 )); then echo "$user"; fi
done < /etc/passwd
