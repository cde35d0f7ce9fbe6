"""The log of every act: append-only, hash-linked, signed, and checkable."""
