exec python3 ÿþ.py
