"""Processing one job: claim the memory, transcribe and commit, analyse and commit, then acknowledge the message.

Every step is safe to run twice, and what is committed is never paid for again. The failure policy for jobs is in this
package; the error classes that the adapters raise (`rawk.domain.errors`) say which kind of failure happened.

    handler ─▶ claiming                    lease the memory
            ─▶ transcription ─▶ analysis   the two steps, each with its own commit
                    └─▶ returning          the job goes back to the queue
    claimed_job                            what all steps share: the lease, the retry budget, the OpenAI usage
    failures · outcome · services          which failures pass · what happens to the message · ports and settings
"""

from rawk.use_cases.processing.handler import Processing
from rawk.use_cases.processing.outcome import Acknowledged, JobOutcome, Returned
from rawk.use_cases.processing.services import DEADLINE_RESERVE, ProcessingPolicy, ProcessingServices

__all__ = [
    "DEADLINE_RESERVE",
    "Acknowledged",
    "JobOutcome",
    "Processing",
    "ProcessingPolicy",
    "ProcessingServices",
    "Returned",
]
