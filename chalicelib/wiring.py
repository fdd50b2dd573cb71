"""The composition root: settings become adapters, each made when first asked for and kept."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from chalicelib.aws import clients
from chalicelib.aws.dynamodb import DynamoDBStore
from chalicelib.aws.media_bucket import MediaBucket
from chalicelib.aws.message_queue import MessageQueue
from chalicelib.aws.operations_topic import OperationsTopic
from chalicelib.aws.publish_queue import PublishQueue
from chalicelib.aws.tell_queue import TellQueue
from chalicelib.aws.user_pool import UserPool
from chalicelib.aws.vault import KmsVault
from chalicelib.clock import Clock, SystemClock
from chalicelib.errors import InvalidInput
from chalicelib.networks.contract import Network
from chalicelib.settings import Settings, settings
from chalicelib.team.policy import Policies

if TYPE_CHECKING:
    from chalicelib.alerts.detecting import Lookout
    from chalicelib.alerts.judging import Detector
    from chalicelib.alerts.sending import Office
    from chalicelib.approvals.asking import Panel
    from chalicelib.aws.alert_topic import AlertTopic
    from chalicelib.aws.ingest_queue import IngestQueue
    from chalicelib.aws.network_apps import NetworkApps
    from chalicelib.aws.poll_queue import SqsPollQueue
    from chalicelib.aws.push_application import PushApplication
    from chalicelib.aws.reports_bucket import ReportsBucket
    from chalicelib.media.media import Shelf
    from chalicelib.networks.link_page import LinkPages
    from chalicelib.networks.transport import Transport
    from chalicelib.publishing.bookkeeping import Desk
    from chalicelib.publishing.planning import Bench
    from chalicelib.reports.asking import ToBuild
    from chalicelib.reports.measuring import Due
    from chalicelib.team.reception import Reception


class House:
    """Everything that a function may need, behind the ports that features know."""

    def __init__(self, configured: Settings, clock: Clock | None = None) -> None:
        self.settings = configured
        self.clock: Clock = clock or SystemClock()
        self._networks: dict[str, Network] = {}

    @cached_property
    def store(self) -> DynamoDBStore:
        names = {
            "content": self.settings.table_content,
            "team": self.settings.table_team,
            "state": self.settings.table_state,
            "audit": self.settings.table_audit,
            "inbox": self.settings.table_inbox,
        }
        return DynamoDBStore(clients.dynamodb(), names)

    @cached_property
    def queue(self) -> PublishQueue:
        return PublishQueue(clients.sqs(), self.settings.queue_publish)

    @cached_property
    def ingest_queue(self) -> IngestQueue:
        from chalicelib.aws.ingest_queue import IngestQueue  # loaded by the webhook

        return IngestQueue(clients.sqs(), self.settings.queue_ingest)

    @cached_property
    def network_apps(self) -> NetworkApps:
        from chalicelib.aws.network_apps import NetworkApps

        return NetworkApps(clients.ssm(), self.settings.network_apps, self.clock)

    @cached_property
    def tell_queue(self) -> TellQueue:
        return TellQueue(clients.sqs(), self.settings.queue_tell)

    @cached_property
    def poll_queue(self) -> SqsPollQueue:
        from chalicelib.aws.poll_queue import SqsPollQueue  # loaded by those who listen

        return SqsPollQueue(clients.sqs(), self.settings.queue_poll)

    @cached_property
    def topic(self) -> OperationsTopic:
        return OperationsTopic(clients.sns(), self.settings.topic_operations)

    @cached_property
    def measure_queue(self) -> MessageQueue[Due]:
        return MessageQueue(clients.sqs(), self.settings.queue_measure)

    @cached_property
    def report_queue(self) -> MessageQueue[ToBuild]:
        return MessageQueue(clients.sqs(), self.settings.queue_report)

    @cached_property
    def reports(self) -> ReportsBucket:
        from chalicelib.aws.reports_bucket import ReportsBucket

        return ReportsBucket(clients.s3(), self.settings.bucket_reports)

    @cached_property
    def vault(self) -> KmsVault:
        return KmsVault(clients.kms(), self.settings.key)

    @cached_property
    def bucket(self) -> MediaBucket:
        return MediaBucket(clients.s3(), self.settings.bucket_media)

    @cached_property
    def pool(self) -> UserPool:
        return UserPool(clients.cognito(), self.settings.user_pool, self.settings.user_pool_client)

    @cached_property
    def policies(self) -> Policies:
        return Policies(self.store, self.clock, waived=self.settings.second_factor_optional)

    @cached_property
    def reception(self) -> Reception:
        from chalicelib.team.reception import Reception  # loaded by those who let people in

        return Reception(
            store=self.store,
            pool=self.pool,
            vault=self.vault,
            tell_queue=self.tell_queue,
            clock=self.clock,
            policies=self.policies,
            site_url=self.settings.site_url,
        )

    @cached_property
    def mailing_list(self) -> AlertTopic:
        from chalicelib.aws.alert_topic import AlertTopic

        return AlertTopic(clients.sns_once(), self.settings.topic_alerts)

    @cached_property
    def push(self) -> PushApplication | None:
        """None where this deployment has no platform application."""
        from chalicelib.aws.push_application import PushApplication

        arn = self.settings.push_application
        return PushApplication(clients.sns_once(), arn) if arn else None

    @cached_property
    def detector(self) -> Detector:
        from chalicelib.alerts.judging import Spikes  # loaded by those who detect, or show rules

        return Spikes()

    @cached_property
    def transport(self) -> Transport:
        from chalicelib.networks.transport import Transport  # requests is loaded where a network is called

        return Transport(allow_loopback=self.settings.allow_loopback_networks)

    @cached_property
    def pages(self) -> LinkPages:
        from chalicelib.networks.link_page import LinkPages  # loaded by who makes a link card

        return LinkPages(self.transport)

    def network_named(self, name: str) -> Network:
        """Raises InvalidInput network_unknown."""
        if name not in self._networks:
            from chalicelib.networks import registry

            try:
                self._networks[name] = registry.build(name, self.transport, lambda: self.network_apps.secrets_of(name))
            except registry.UnknownNetwork as error:
                raise InvalidInput(
                    "network_unknown", f"One of {', '.join(registry.NETWORKS)}.", field="network"
                ) from error
        return self._networks[name]

    @cached_property
    def shelf(self) -> Shelf:
        from chalicelib.media.media import Shelf

        return Shelf(self.bucket.read, self.bucket.chunks, self.bucket.public_address)

    @cached_property
    def desk(self) -> Desk:
        from chalicelib.publishing.bookkeeping import Desk  # loaded by those who deliver

        return Desk(
            store=self.store,
            queue=self.queue,
            topic=self.topic,
            vault=self.vault,
            clock=self.clock,
            network_named=self.network_named,
            shelf=self.shelf,
        )

    @cached_property
    def lookout(self) -> Lookout:
        from chalicelib.alerts.detecting import Lookout  # loaded by those who detect

        return Lookout(
            store=self.store,
            queue=self.tell_queue,
            vault=self.vault,
            topic=self.topic,
            clock=self.clock,
            detector=self.detector,
            site_url=self.settings.site_url,
        )

    @cached_property
    def office(self) -> Office:
        from chalicelib.alerts.sending import Office  # loaded by those who tell
        from chalicelib.aws.mailer import SesMailer

        return Office(
            store=self.store,
            vault=self.vault,
            mailer=SesMailer(clients.ses_once(), self.settings.mail_from),
            mailing_list=self.mailing_list,
            push=self.push,
            topic=self.topic,
            clock=self.clock,
        )

    @cached_property
    def bench(self) -> Bench:
        from chalicelib.publishing.planning import Bench  # loaded by those who plan

        return Bench(store=self.store, queue=self.queue, clock=self.clock, network_named=self.network_named)

    @cached_property
    def panel(self) -> Panel:
        from chalicelib.approvals.asking import Panel  # loaded by those who review

        return Panel(bench=self.bench, vault=self.vault, tell_queue=self.tell_queue, site_url=self.settings.site_url)


@cache
def house() -> House:
    return House(settings())
