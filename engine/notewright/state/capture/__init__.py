"""From the live namespace to what is known and stored of it.

`looking` finds out what there is, `keeping` stores what is new, `known` is
what the last look left behind; `keeper` does both for one namespace, in order
and behind the user's back: in a `forked` copy of the process where there can
be one, else here.
"""
