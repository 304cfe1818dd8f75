"""At rest: one noun, one file; importing this package registers every table."""

from schema.tables.appointment import Appointment
from schema.tables.assessment import Assessment
from schema.tables.audit import Audit, AuditSeal
from schema.tables.backtest import Backtest
from schema.tables.base import Base
from schema.tables.bulk_call import BulkCall
from schema.tables.contact import Contact
from schema.tables.contract import Contract
from schema.tables.customer import Customer, CustomerNumber, StatusChange
from schema.tables.event import Event
from schema.tables.fall import FallDecision
from schema.tables.grade import CurrentGrade, Grade
from schema.tables.improvement import Improvement
from schema.tables.industry import Industry
from schema.tables.intake import Intake
from schema.tables.interaction import Interaction
from schema.tables.job import Job, JobEvent
from schema.tables.need import Need
from schema.tables.order import Order, OrderLine
from schema.tables.panel_rating import PanelRating
from schema.tables.plan import Plan, PlanTier
from schema.tables.policy import Policy, PolicyChampion, PolicyContribution, PolicySubmission, PolicyVersion
from schema.tables.region import Region
from schema.tables.run import Run
from schema.tables.service_record import ServiceRecord
from schema.tables.snapshot import Snapshot, facts
from schema.tables.standing import Standing
from schema.tables.survey import Survey
from schema.tables.tag import CustomerTag, Tag
from schema.tables.user import ApiKey, PageSession, User, UserRole

__all__ = [
    "ApiKey", "Appointment", "Assessment", "Audit", "AuditSeal", "Backtest", "Base", "BulkCall", "Contact", "Contract", "CurrentGrade", "Customer",
    "CustomerNumber", "CustomerTag", "Event", "FallDecision", "Grade", "Improvement", "Industry", "Intake", "Interaction", "Job", "JobEvent",
    "Need", "Order", "OrderLine", "PageSession", "PanelRating", "Plan", "PlanTier", "Policy", "PolicyChampion", "PolicyContribution", "PolicySubmission", "PolicyVersion", "Region", "Run",
    "ServiceRecord", "Snapshot", "Standing", "StatusChange", "Survey", "Tag", "User", "UserRole", "facts",
]  # fmt: skip
