# Forty lines that hold characters of one to four bytes; then it waits.
i=0
while [ $i -lt 40 ]; do
  i=$((i + 1))
  echo "line $i: naïve café, 日本語, 🙂"
done
exec /bin/sleep 1000
