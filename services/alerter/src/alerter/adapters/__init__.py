"""Where the alerter touches the world: the channels that alerts leave by."""
