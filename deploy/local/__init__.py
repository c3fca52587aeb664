"""Private RabbitMQ and PostgreSQL servers for tests and the demo, run as the caller's own processes."""
