"""The clock, the logs and the metrics of a node."""
