"""Numbers for Prometheus: what the health page says, and how much work waits in each queue (workers scale on it)."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from deploy import health
from explainers.models import Job


class AssayCollector(Collector):
    """Asks the database at every scrape, so that each of many web processes tells the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        yield GaugeMetricFamily(
            "assay_database_up", "1 while the database answers.", value=health.database_answers()
        )
        yield GaugeMetricFamily(
            "assay_broker_up", "1 while the broker answers.", value=health.broker_answers()
        )
        age = health.sweeper_age_s()
        if age is not None:
            yield GaugeMetricFamily(
                "assay_sweeper_age_seconds", "Time since the sweeper's last round.", value=age
            )
        jobs = GaugeMetricFamily("assay_jobs", "Jobs by queue and state.", labels=["queue", "state"])
        for queue, state, number in (
            Job.objects.values_list("queue", "state").annotate(Count("id")).order_by()
        ):
            jobs.add_metric([queue, state], number)
        yield jobs


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape where METRICS is on; the proxy does not pass this address to the outside."""
    if not settings.METRICS:
        raise Http404
    registry = CollectorRegistry()
    registry.register(AssayCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
