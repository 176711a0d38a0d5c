"""How the database got its shape, step by step; Alembic runs what is missing when the server starts."""
