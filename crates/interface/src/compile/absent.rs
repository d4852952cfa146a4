//! Connectors that people look for: some go by another name here, some do not exist, and each has a way.

/// Names that people write, and what to write instead.
const INSTEAD: &[(&[&str], &str)] = &[
    (
        &["kafka"],
        "there is no connector for Kafka: go through its REST proxy with `http`, or through Kafka Connect with `mqtt`, `amqp`, `http` \
         or `sql` (docs/how-to/kafka.md)",
    ),
    (
        &["sqlserver", "mssql", "oracle", "db2", "odbc", "jdbc"],
        "`sql` speaks to PostgreSQL, MySQL, MariaDB and SQLite: let another database write its rows as files or post them by HTTP, or read \
         a replica (docs/how-to/read-and-write-a-database.md)",
    ),
    (
        &["postgres", "postgresql", "mysql", "mariadb", "sqlite", "database"],
        "databases are the connector `sql`: sql postgres://host:5432/name",
    ),
    (&["smb", "cifs", "share"], "mount the share and use `file` on its folder (docs/how-to/windows-shares.md)"),
    (&["ftp"], "plain FTP shows passwords and patients to everybody on the way: use `ftps` or `sftp`"),
    (&["ssh", "scp"], "files over SSH are the connector `sftp`"),
    (&["rabbitmq", "jms", "activemq"], "queues are the connector `amqp` (AMQP 0-9-1, which RabbitMQ speaks)"),
    (&["jetstream"], "streams of NATS are the connector `nats`"),
    (&["mosquitto"], "MQTT brokers are the connector `mqtt`"),
    (&["https", "rest", "web"], "the connector is `http`, and the address begins with https://"),
    (&["webservice", "wsdl"], "web services with envelopes are the connector `soap`; others are `http`"),
    (&["email", "mail"], "mail is the connector `smtp`"),
    (&["cron", "timer"], "the clock is the connector `schedule`: receive schedule \"every 15m\" { … }"),
    (&["azure", "minio", "bucket"], "stores that speak as S3 does are the connector `s3`"),
    (
        &["channel"],
        "another interface of this workspace is the connector `interface`; many of them are reached by `topic`",
    ),
];

/// What to write instead of this name.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    INSTEAD.iter().find(|(names, _)| names.contains(&name)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keywords::KEYWORDS;

    #[test]
    fn no_name_hides_a_word() {
        for name in INSTEAD.iter().flat_map(|(names, _)| *names) {
            assert!(KEYWORDS.iter().all(|keyword| keyword.word != *name), "{name}");
        }
    }
}
