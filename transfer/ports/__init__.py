"""What the rules need of the world, as protocols; each has one real implementation and one for tests."""
