"""What goes wrong, told while something can still be done: detectors, the life of alerts, who hears them."""
