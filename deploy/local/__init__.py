"""Private RabbitMQ and PostgreSQL servers for tests and the demo, started and stopped as one's own processes."""
