"""Objects to bytes and back, keeping what pickle alone loses, or saying what it cannot keep.

Built on the C pickler and some of cloudpickle's reducers. Over them, this keeps: functions bound
to the live globals, closures that share a cell, arrays and tensors that share memory, classes
made in cells as classes of their own (loading an old snapshot never touches the class of the
same name that is alive now), and what pandas knows of shared blocks. Objects that pickle would
bring back as something else are refused instead.
"""
