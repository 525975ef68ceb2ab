//! Versions in force, and those that were.

use std::path::Path;

use genesis_domain::{CommitId, Digest, ExperimentId, Head, PromotedRecord, Promotion, TemplateId};

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Bulk, Connection, Row, query};
use crate::{Ledger, StoreError};

const FIND: &str = "SELECT template_id, head, version, digest FROM template_head WHERE template_id = $1";

const LIST: &str = "SELECT template_id, head, version, digest FROM template_head ORDER BY template_id";

const INSERT: &str = "
    INSERT INTO template_head (template_id, head, version, digest) VALUES ($1, $2, $3, $4)
    ON CONFLICT (template_id) DO NOTHING";

const REPLACE: &str = "
    UPDATE template_head SET head = $2, version = $3, digest = $4 WHERE template_id = $1 AND head = $5";

const INSERT_PROMOTED: &str = "
    INSERT INTO promoted_versions (template_id, version, digest, commit_id, experiment_id, promoted_at) VALUES";

const PROMOTED: &str = "
    SELECT version, digest, commit_id, experiment_id, promoted_at FROM promoted_versions
    WHERE template_id = $1 ORDER BY position DESC";

impl Ledger {
    /// The version of a template that is in force.
    ///
    /// # Errors
    /// What the database says.
    pub async fn head(&self, id: &TemplateId) -> Result<Option<Head>, StoreError> {
        let mut reader = self.reader("read a version in force").await?;
        find(&mut reader.connection(), id, &self.path).await
    }

    /// Every version in force, in order of the template's id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        const ACTION: &str = "list the versions in force";
        let mut reader = self.reader(ACTION).await?;
        let rows = query(LIST).fetch_all(&mut reader.connection()).await.during(&self.path, ACTION)?;
        rows.iter().map(|row| head(row, &self.path)).collect()
    }

    /// Every version of a template that was ever in force, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn promoted(&self, id: &TemplateId) -> Result<Vec<PromotedRecord>, StoreError> {
        const ACTION: &str = "list promoted versions";
        let rows = query(PROMOTED)
            .bind(id.as_str())
            .fetch_all(&mut self.reader(ACTION).await?.connection())
            .await
            .during(&self.path, ACTION)?;
        rows.iter().map(|row| promoted(row, &self.path)).collect()
    }
}

pub(crate) async fn find(
    connection: &mut Connection<'_>,
    id: &TemplateId,
    path: &Path,
) -> Result<Option<Head>, StoreError> {
    let row = query(FIND)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .during(path, "read a version in force")?;
    row.map(|row| head(&row, path)).transpose()
}

/// Puts a version into force when the expected one is there before; whether it did.
pub(crate) async fn swap(
    connection: &mut Connection<'_>,
    promotion: &Promotion,
) -> Result<bool, sqlx::Error> {
    let head = &promotion.head;
    let swap = query(if promotion.expected.is_some() { REPLACE } else { INSERT })
        .bind(head.template.as_str())
        .bind(head.commit.as_str())
        .bind(&head.version)
        .bind(head.digest.as_str());
    let swap = match &promotion.expected {
        Some(expected) => swap.bind(expected.as_str()),
        None => swap,
    };
    Ok(swap.execute(connection).await? == 1)
}

pub(crate) async fn insert_promoted(
    connection: &mut Connection<'_>,
    promotions: &[&Promotion],
) -> Result<(), sqlx::Error> {
    let mut bulk = Bulk::new(INSERT_PROMOTED, "");
    for promotion in promotions {
        bulk.push([
            promotion.head.template.as_str().into(),
            (&promotion.head.version).into(),
            promotion.head.digest.as_str().into(),
            promotion.head.commit.as_str().into(),
            promotion.experiment.map(|id| id.to_string()).into(),
            promotion.at_ms.into(),
        ]);
    }
    bulk.execute(connection).await
}

fn head(row: &Row, path: &Path) -> Result<Head, StoreError> {
    let columns = Columns { row, path };
    Ok(Head {
        template: columns.named("template_id")?,
        commit: columns.parsed("head")?,
        version: columns.get("version")?,
        digest: Digest::from_text(&columns.get::<String>("digest")?),
    })
}

fn promoted(row: &Row, path: &Path) -> Result<PromotedRecord, StoreError> {
    let columns = Columns { row, path };
    let has_experiment = row.get::<Option<String>>("experiment_id").during(path, "read a row")?.is_some();
    Ok(PromotedRecord {
        version: columns.get("version")?,
        digest: Digest::from_text(&columns.get::<String>("digest")?),
        commit: columns.parsed::<CommitId>("commit_id")?,
        experiment: has_experiment.then(|| columns.parsed::<ExperimentId>("experiment_id")).transpose()?,
        at_ms: columns.get("promoted_at")?,
    })
}
