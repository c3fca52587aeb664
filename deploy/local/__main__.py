"""Runs the local stack's command line."""

import sys

from deploy.local.cli import main

sys.exit(main())
