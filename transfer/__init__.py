"""A node of one region on the exchange that hands legal aid cases from region to region."""
