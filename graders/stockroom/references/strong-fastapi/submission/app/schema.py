"""Tables. Every statement may run again on a database that already has them."""

SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS users (
        id TEXT PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        password_hash TEXT NOT NULL,
        created_at INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS items (
        id TEXT PRIMARY KEY,
        owner_id TEXT NOT NULL REFERENCES users (id),
        sku TEXT NOT NULL,
        name TEXT NOT NULL,
        stock INTEGER NOT NULL CHECK (stock >= 0),
        version INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        UNIQUE (owner_id, sku)
    )
    """,
    "CREATE INDEX IF NOT EXISTS items_by_created_at ON items (created_at, id)",
    "CREATE INDEX IF NOT EXISTS items_by_name ON items (name, id)",
    "CREATE INDEX IF NOT EXISTS items_by_stock ON items (stock, id)",
    """
    CREATE TABLE IF NOT EXISTS orders (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        item_id TEXT NOT NULL REFERENCES items (id),
        quantity INTEGER NOT NULL CHECK (quantity >= 1),
        unit_price_cents INTEGER NOT NULL,
        total_cents INTEGER NOT NULL,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS orders_by_user ON orders (user_id, created_at, id)",
    "CREATE INDEX IF NOT EXISTS orders_by_item ON orders (item_id)",
    # A row without order_id is a claim: the holder of `claim` may finish it, anybody may take it over after
    # claimed_until.
    """
    CREATE TABLE IF NOT EXISTS order_keys (
        user_id TEXT NOT NULL REFERENCES users (id),
        key TEXT NOT NULL,
        body_digest TEXT NOT NULL,
        claim TEXT NOT NULL,
        claimed_until REAL NOT NULL,
        order_id TEXT REFERENCES orders (id),
        PRIMARY KEY (user_id, key)
    )
    """,
)
