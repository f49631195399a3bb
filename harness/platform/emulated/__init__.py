"""Windows sharing rules on any machine: real files, a lock table, a virtual outcome clock."""
