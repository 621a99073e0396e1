"""No tables yet. `DATABASES` of app.settings is the SQLite file of DATABASE_URL."""
