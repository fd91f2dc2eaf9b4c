"""The parts of PPO: asking, sampling, the critic, the maths, the report."""
