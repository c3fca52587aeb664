"""What runs the service: on one machine for tests and the demo, and on servers."""
