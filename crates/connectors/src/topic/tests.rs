//! The source waits; what publishes is told where to publish.

use super::Topic;
use crate::testing::{context, settings};
use interface::catalogue::Connector;
use testkit::source::Running;

#[tokio::test]
async fn the_source_waits_until_draining() {
    let source = Topic.source(&settings(&Topic, true, "lab-results", &[]), &context()).await.unwrap();
    let running = Running::start(source, []);
    assert_eq!(running.address, "topic lab-results");
    running.stop().await;
}

#[tokio::test]
async fn a_topic_needs_a_name_and_is_no_destination() {
    let refused = Topic.source(&settings(&Topic, true, " ", &[]), &context()).await.err().unwrap();
    assert_eq!(refused.code, "E6001");
    let refused = Topic.destination(&settings(&Topic, true, "lab-results", &[]), &context()).err().unwrap();
    assert!(refused.text.contains("publish TOPIC"), "{refused}");
}
