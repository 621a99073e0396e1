yes 'a line of a log that never ends, and that nobody will ever read' &
exec python3 service.py
