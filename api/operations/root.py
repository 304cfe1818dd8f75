"""The schema: every operation of every noun under its root."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.endpoint.executable import Executable
from api.operations.api_key import ApiKeyMutations, ApiKeyQueries
from api.operations.appointment import AppointmentMutations, AppointmentQueries
from api.operations.assessment import AssessmentMutations, AssessmentQueries
from api.operations.backtest import BacktestMutations, BacktestQueries
from api.operations.bulk import BulkMutations
from api.operations.contact import ContactMutations, ContactQueries
from api.operations.contract import ContractMutations, ContractQueries
from api.operations.customer import CustomerMutations, CustomerQueries
from api.operations.customer_tag import CustomerTagQueries
from api.operations.fall import FallMutations, FallQueries
from api.operations.grade import GradeQueries, GradeSubscriptions
from api.operations.grouping import GroupQueries
from api.operations.improvement import ImprovementMutations, ImprovementQueries, ImprovementSubscriptions
from api.operations.industry import IndustryQueries
from api.operations.interaction import InteractionMutations, InteractionQueries
from api.operations.need import NeedMutations, NeedQueries
from api.operations.node import NodeQueries
from api.operations.order import OrderMutations, OrderQueries
from api.operations.panel_rating import PanelRatingMutations, PanelRatingQueries
from api.operations.policy import PolicyMutations, PolicyQueries
from api.operations.region import RegionQueries
from api.operations.reveal import RevealMutations
from api.operations.risk import RiskSubscriptions
from api.operations.run import RunMutations, RunQueries, RunSubscriptions
from api.operations.service_record import ServiceRecordMutations, ServiceRecordQueries
from api.operations.snapshot import SnapshotQueries
from api.operations.standing import StandingQueries
from api.operations.status_change import StatusChangeQueries
from api.operations.survey import SurveyMutations, SurveyQueries
from api.operations.tag import TagMutations, TagQueries
from api.operations.user import UserMutations, UserQueries
from schema.filter import complete
from schema.objects.exact import SCALARS
from schema.select import SelectExecutor


@strawberry.type(description="What may be read. 查询")
class Query(
    NodeQueries,
    CustomerQueries,
    ContactQueries,
    GroupQueries,
    TagQueries,
    CustomerTagQueries,
    NeedQueries,
    OrderQueries,
    ContractQueries,
    InteractionQueries,
    ServiceRecordQueries,
    SurveyQueries,
    ImprovementQueries,
    GradeQueries,
    StandingQueries,
    FallQueries,
    AssessmentQueries,
    PanelRatingQueries,
    AppointmentQueries,
    StatusChangeQueries,
    PolicyQueries,
    RunQueries,
    SnapshotQueries,
    BacktestQueries,
    IndustryQueries,
    RegionQueries,
    UserQueries,
    ApiKeyQueries,
):
    """What may be read."""


@strawberry.type(description="What may be done; a refusal is a member of each result. 操作")
class Mutation(
    CustomerMutations,
    ContactMutations,
    TagMutations,
    NeedMutations,
    OrderMutations,
    ContractMutations,
    InteractionMutations,
    ServiceRecordMutations,
    SurveyMutations,
    AssessmentMutations,
    AppointmentMutations,
    FallMutations,
    PanelRatingMutations,
    ImprovementMutations,
    PolicyMutations,
    BacktestMutations,
    RunMutations,
    UserMutations,
    RevealMutations,
    ApiKeyMutations,
    BulkMutations,
):
    """What may be done."""


@strawberry.type(description="What is told as it happens, over graphql-transport-ws or server-sent events. 订阅")
class Subscription(RunSubscriptions, GradeSubscriptions, RiskSubscriptions, ImprovementSubscriptions):
    """What is told as it happens."""


complete()
schema = Executable(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=SelectExecutor,
)
