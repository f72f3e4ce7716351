"""/uploads and /jobs: files and addresses -> ingest jobs, which the library page sees too."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from ingest.sources import MEGABYTE, Source
from qa.errors import UsageError
from qa.settings import Settings
from ui.allowed import LONGEST, named
from ui.api import describe
from ui.jobs import Job, Jobs
from ui.uploads import Uploads

MOST_SOURCES = 200

JobId = Annotated[str, Path(pattern="^[0-9a-f]{1,64}$")]
Place = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Token = Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]
FileName = Annotated[str, Query(min_length=1, max_length=500, description="With the suffix of its kind.")]


class Ingest(BaseModel):
    """What to take in: web addresses and feeds, places below FOOTNOTE_INGEST_ROOTS, files that were sent before."""

    model_config = ConfigDict(extra="forbid")

    sources: list[Place] = Field(default=[], max_length=MOST_SOURCES, examples=[["https://example.org/news.rss"]])
    uploads: list[Token] = Field(default=[], max_length=MOST_SOURCES, description="What `/uploads` answered.")


class Ingesting:
    """The handlers, over the service's jobs and uploads."""

    def __init__(self, jobs: Jobs, uploads: Uploads, settings: Settings) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self._settings = settings

    def routes(self) -> APIRouter:
        router = APIRouter(tags=["ingest"])
        one, begun = describe.document("job", "The job."), describe.document("job", "It waits its turn.", 202)
        router.add_api_route(
            "/uploads",
            self.upload,
            methods=["POST"],
            responses=describe.UPLOADED,
            openapi_extra=describe.FILE,
            max_body_size=int(self._settings.file_max_mb * MEGABYTE) + MEGABYTE,
        )
        router.add_api_route("/jobs", self.submit, methods=["POST"], status_code=202, responses=begun)
        router.add_api_route("/jobs", self.jobs, methods=["GET"], responses=describe.JOBS)
        router.add_api_route("/jobs/{job_id}", self.job, methods=["GET"], responses=one)
        router.add_api_route("/jobs/{job_id}", self.cancel, methods=["DELETE"], responses=one)
        router.add_api_route("/jobs/{job_id}/retry", self.retry, methods=["POST"], status_code=202, responses=begun)
        return router

    async def upload(self, name: FileName, request: Request) -> Response:
        """Send one file, as it is, as the body. It waits an hour for the job that takes it in."""
        return JSONResponse({"upload": await self._uploads.receive(name, request.stream())})

    def submit(self, asked: Ingest) -> Response:
        """Take articles into the library. The same content again is no work; one that fails does not stop the rest."""
        if not asked.sources and not asked.uploads:
            raise UsageError("There is nothing to ingest.", "Give sources, or the uploads that /uploads answered.")
        sources: Sequence[Source] = [named(source, self._settings) for source in asked.sources]
        with self._uploads.taken(asked.uploads) as uploads:
            job_id = self._jobs.submit([*sources, *uploads])
        return JSONResponse(_document(self._jobs.job(job_id)), 202)

    def jobs(self) -> Response:
        """The jobs since the service was started and those that a stop cut off, newest first, without their items."""
        return JSONResponse({"jobs": [_document(job) | {"items": []} for job in self._jobs.jobs()]})

    def job(self, job_id: JobId) -> Response:
        """How far a job is. `state` ends as done, cancelled or failed; a done one may hold items that failed."""
        return JSONResponse(_document(self._jobs.job(job_id)))

    def cancel(self, job_id: JobId) -> Response:
        """What the job has not taken in yet stays out."""
        self._jobs.cancel(job_id)
        return JSONResponse(_document(self._jobs.job(job_id)))

    def retry(self, job_id: JobId) -> Response:
        """The same job once more, with what it did not take in."""
        self._jobs.retry(job_id)
        return JSONResponse(_document(self._jobs.job(job_id)), 202)


def _document(job: Job) -> dict[str, Any]:
    told = {name: value for name, value in asdict(job).items() if name != "gone"}
    return told | {"counts": dict(job.counts), "retryable": job.retryable}
