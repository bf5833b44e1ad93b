"""What the past says: rankings, bottlenecks, key figures, diagnosis, and claims put to the test."""
