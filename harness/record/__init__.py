"""What a run leaves behind: trials, manifest, journal; reading them back, older versions included."""
