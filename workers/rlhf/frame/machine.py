"""What a run took of its machine: memory and speed, in its manifest."""

import resource
from typing import Any

import torch

from workers.rlhf.frame import processes
from workers.rlhf.frame.job import Job


def measure(job: Job) -> dict[str, Any]:
    """Of the attempt that ended the run. To be called by all processes: memory is that of the one that took most."""
    cuda = job.device.type == "cuda"
    # In KiB on Linux (getrusage(2)): the most that was resident at once since the process started.
    peak = (
        torch.cuda.max_memory_allocated(job.device)
        if cuda
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    return {
        "device": torch.cuda.get_device_name(job.device) if cuda else "cpu",
        "processes": processes.count(),
        "peak_memory_bytes": processes.most(peak),
        **job.pace.to_json(),
    }
