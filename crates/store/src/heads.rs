//! Versions in force, and those that were.

use std::path::Path;

use genesis_domain::{CommitId, Digest, ExperimentId, Head, PromotedRecord, Promotion, TemplateId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::error::During;
use crate::experiments::Columns;
use crate::{Ledger, StoreError};

const FIND: &str = "SELECT template_id, head, version, digest FROM template_head WHERE template_id = $1";

const LIST: &str = "SELECT template_id, head, version, digest FROM template_head ORDER BY template_id";

const INSERT: &str = "
    INSERT INTO template_head (template_id, head, version, digest) VALUES ($1, $2, $3, $4)
    ON CONFLICT (template_id) DO NOTHING";

const REPLACE: &str = "
    UPDATE template_head SET head = $2, version = $3, digest = $4 WHERE template_id = $1 AND head = $5";

const INSERT_PROMOTED: &str = "
    INSERT INTO promoted_versions (template_id, version, digest, commit_id, experiment_id, promoted_at)
    VALUES ($1, $2, $3, $4, $5, $6)";

const PROMOTED: &str = "
    SELECT version, digest, commit_id, experiment_id, promoted_at FROM promoted_versions
    WHERE template_id = $1 ORDER BY position DESC";

impl Ledger {
    /// The version of a template that is in force.
    ///
    /// # Errors
    /// What the database says.
    pub async fn head(&self, id: &TemplateId) -> Result<Option<Head>, StoreError> {
        let mut connection = self.reader.acquire().await.during(&self.path, "read a version in force")?;
        find(&mut connection, id, &self.path).await
    }

    /// Every version in force, in order of the template's id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        let rows = sqlx::query(LIST)
            .fetch_all(&self.reader)
            .await
            .during(&self.path, "list the versions in force")?;
        rows.iter().map(|row| head(row, &self.path)).collect()
    }

    /// Every version of a template that was ever in force, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn promoted(&self, id: &TemplateId) -> Result<Vec<PromotedRecord>, StoreError> {
        let rows = sqlx::query(PROMOTED)
            .bind(id.as_str())
            .fetch_all(&self.reader)
            .await
            .during(&self.path, "list promoted versions")?;
        rows.iter().map(|row| promoted(row, &self.path)).collect()
    }
}

pub(crate) async fn find(
    connection: &mut SqliteConnection,
    id: &TemplateId,
    path: &Path,
) -> Result<Option<Head>, StoreError> {
    let row = sqlx::query(FIND)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .during(path, "read a version in force")?;
    row.map(|row| head(&row, path)).transpose()
}

/// Puts a version into force when the expected one is there before; whether it did.
pub(crate) async fn swap(
    connection: &mut SqliteConnection,
    promotion: &Promotion,
) -> Result<bool, sqlx::Error> {
    let head = &promotion.head;
    let query = sqlx::query(if promotion.expected.is_some() { REPLACE } else { INSERT })
        .bind(head.template.as_str())
        .bind(head.commit.as_str())
        .bind(&head.version)
        .bind(head.digest.as_str());
    let query = match &promotion.expected {
        Some(expected) => query.bind(expected.as_str()),
        None => query,
    };
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

pub(crate) async fn insert_promoted(
    connection: &mut SqliteConnection,
    promotion: &Promotion,
) -> Result<(), sqlx::Error> {
    sqlx::query(INSERT_PROMOTED)
        .bind(promotion.head.template.as_str())
        .bind(&promotion.head.version)
        .bind(promotion.head.digest.as_str())
        .bind(promotion.head.commit.as_str())
        .bind(promotion.experiment.map(|id| id.to_string()))
        .bind(promotion.at_ms)
        .execute(connection)
        .await?;
    Ok(())
}

fn head(row: &SqliteRow, path: &Path) -> Result<Head, StoreError> {
    let columns = Columns { row, path };
    Ok(Head {
        template: columns.named("template_id")?,
        commit: columns.parsed("head")?,
        version: columns.get("version")?,
        digest: Digest::from_text(&columns.get::<String>("digest")?),
    })
}

fn promoted(row: &SqliteRow, path: &Path) -> Result<PromotedRecord, StoreError> {
    let columns = Columns { row, path };
    let has_experiment =
        row.try_get::<Option<String>, _>("experiment_id").during(path, "read a row")?.is_some();
    Ok(PromotedRecord {
        version: columns.get("version")?,
        digest: Digest::from_text(&columns.get::<String>("digest")?),
        commit: columns.parsed::<CommitId>("commit_id")?,
        experiment: has_experiment.then(|| columns.parsed::<ExperimentId>("experiment_id")).transpose()?,
        at_ms: columns.get("promoted_at")?,
    })
}
