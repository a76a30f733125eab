"""The same attachments in an S3 bucket, chosen by one setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import environ
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client, override_settings
from moto.server import ThreadedMotoServer

from collab.attachments.models import attachment_storage
from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachment_add, attachment_remove
from collab.settings.env import attachment_storage as setting_for
from tests.attachments.test_sniff import PNG
from tests.factories import make_document


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="files")
    yield f"s3://files/scriptorium?endpoint={endpoint}&region=us-east-1"
    server.stop()


@pytest.mark.django_db(transaction=True)
def test_a_bucket_holds_what_a_folder_would(bucket: str, tmp_path: Path) -> None:
    with override_settings(
        STORAGES={**storages.backends, "attachments": setting_for(bucket, tmp_path)}
    ):
        document = make_document()
        attachment = attachment_add(
            document=document, uploader=None, name="a.png", source=ContentFile(PNG)
        )
        client = Client()
        client.force_login(document.owner)
        answer = client.get(attachment_url(attachment), headers={"Range": "bytes=1-3"})
        assert answer.getvalue() == b"PNG"
        attachment_remove(attachment=attachment)
        assert not attachment_storage().exists(attachment.path)


def test_an_address_that_is_no_bucket_is_said_at_start(tmp_path: Path) -> None:
    with pytest.raises(environ.ImproperlyConfigured, match="s3://bucket"):
        setting_for("ftp://files", tmp_path)
    assert "location" in str(setting_for("", tmp_path))
