"""What another region can tell us; everything comes in by one door."""
