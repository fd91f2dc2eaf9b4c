"""Rankings to rewards: the K-wise loss, and the scores that a reward model gives."""
