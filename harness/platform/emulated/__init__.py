"""The emulated platform: real files, the sharing rules of Windows, a virtual clock."""
