"""`python -m notewright`: the same as the `notewright` command."""

import sys

from notewright.cli import main

sys.exit(main())
