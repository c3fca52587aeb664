"""The room of the broker: the topology as data, the publisher and the consumer."""
