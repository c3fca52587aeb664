"""The law as data: rules with their source, region and time of validity, and the counting of days that they ask for."""
