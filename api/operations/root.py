"""The schema: every operation of every noun under its root."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.endpoint.executable import Executable
from api.operations.api_key import ApiKeyMutations, ApiKeyQueries
from api.operations.appointment import AppointmentMutations, AppointmentQueries
from api.operations.assessment import AssessmentMutations
from api.operations.backtest import BacktestMutations, BacktestQueries
from api.operations.bulk import BulkMutations
from api.operations.contact import ContactMutations
from api.operations.contract import ContractMutations
from api.operations.customer import CustomerMutations, CustomerQueries
from api.operations.fall import FallMutations, FallQueries
from api.operations.grouping import GroupQueries
from api.operations.improvement import ImprovementMutations, ImprovementQueries, ImprovementSubscriptions
from api.operations.industry import IndustryQueries
from api.operations.interaction import InteractionMutations
from api.operations.need import NeedMutations
from api.operations.node import NodeQueries
from api.operations.order import OrderMutations
from api.operations.panel_rating import PanelRatingMutations
from api.operations.policy import PolicyMutations, PolicyQueries
from api.operations.region import RegionQueries
from api.operations.reveal import RevealMutations
from api.operations.run import RunMutations, RunQueries, RunSubscriptions
from api.operations.service_record import ServiceRecordMutations
from api.operations.survey import SurveyMutations
from api.operations.tag import TagMutations, TagQueries
from api.operations.user import UserMutations, UserQueries
from schema.filter import complete
from schema.objects.exact import SCALARS
from schema.select import SelectExecutor


@strawberry.type(description="What may be read. 查询")
class Query(
    NodeQueries,
    CustomerQueries,
    GroupQueries,
    ImprovementQueries,
    TagQueries,
    PolicyQueries,
    RunQueries,
    BacktestQueries,
    AppointmentQueries,
    FallQueries,
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
class Subscription(RunSubscriptions, ImprovementSubscriptions):
    """What is told as it happens."""


complete()
schema = Executable(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=SelectExecutor,
)
