exec python3 -c "
eaten = []
while True:
    eaten.append(bytearray(8 << 20))
"
