"""What people see in a browser: pages made here, that work without scripts and are better with them."""
