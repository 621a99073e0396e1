exec python3 service.py
