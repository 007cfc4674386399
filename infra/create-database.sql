-- The database on SQL Server. Run once by a login that may create databases; the verb migrate makes the tables.
-- Readers see committed rows and wait for no writer, each query of verify sees one state of the database, and so does
-- rebuild over several. Babelfish works so without the last two statements, which it does not know.
IF DB_ID(N'StorePlugin') IS NULL
BEGIN
    CREATE DATABASE StorePlugin;
END
GO
ALTER DATABASE StorePlugin SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE;
GO
ALTER DATABASE StorePlugin SET ALLOW_SNAPSHOT_ISOLATION ON;
GO
