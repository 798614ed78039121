"""The yardstick: the least Django that stores one response per POST and shows the next page (POST-redirect-GET).

No middleware, no session, no CSRF, no lock, no event, no audit. What Assay serves is measured against this on the same
server, workers and database. Run by ``gunicorn tests.bench.minimal:application`` with ``BENCH_DATABASE`` (JSON).
"""

from __future__ import annotations

import json
import os

import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="yardstick",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DATABASES={"default": json.loads(os.environ["BENCH_DATABASE"])},
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.cached.Loader",
                        [
                            (
                                "django.template.loaders.locmem.Loader",
                                {
                                    "page.html": """<!doctype html><html lang="en"><head><title>Case</title></head>
<body>
<h1>Case {{ n }}</h1><table>{% for name, value in rows %}<tr><th>{{ name }}</th><td>{{ value }}</td></tr>{% endfor %}
</table><form method="post"><input type="hidden" name="n" value="{{ n }}">
<label><input type="radio" name="decision" value="benign"> benign</label>
<label><input type="radio" name="decision" value="malignant"> malignant</label>
<input type="number" name="confidence"><button>Continue</button></form></body></html>"""
                                },
                            )
                        ],
                    )
                ]
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402

ROWS = [(f"Measurement {i}", f"{i * 1.37:.2f}") for i in range(8)]


class Answer(models.Model):
    participant = models.CharField(max_length=40)
    n = models.IntegerField()
    decision = models.CharField(max_length=40)
    confidence = models.FloatField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "minimal"

    def __str__(self) -> str:
        return f"{self.participant} {self.n}"


def trial(request: HttpRequest, participant: str, n: int) -> HttpResponse:
    if request.method == "POST":
        Answer.objects.create(
            participant=participant,
            n=n,
            decision=request.POST["decision"],
            confidence=float(request.POST["confidence"]) / 100,
        )
        return HttpResponseRedirect(f"/{participant}/{n + 1}")
    return render(request, "page.html", {"n": n, "rows": ROWS})


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ready")


urlpatterns = [path("ready", ready), path("<str:participant>/<int:n>", trial)]


def create_table() -> None:
    """Make the one table, when it is not there yet."""
    if Answer._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Answer)


if __name__ == "__main__":
    create_table()
else:
    application = get_wsgi_application()
