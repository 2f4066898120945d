"""The lists of functions that may be called: how they are written, what must be on them and what must never be."""

import tomllib
from collections import Counter

import pytest

from services.validation.adapters.derive_functions import reviewed_kinds
from services.validation.core.dialects import DIALECTS, FUNCTIONS, words

DIALECTS_LISTED = ("bigquery", "mysql", "snowflake", "trino", "tsql")
KINDS = ("immutable", "stable", "aggregate", "volatile")

# Reviewed: what reads files, other databases or other sessions, waits, locks, changes, asks a model, or runs a text.
DANGEROUS = {
    "bigquery": """
        aead.decrypt_string ai.classify ai.generate ai.generate_text appends changes deterministic_encrypt
        dlp_deterministic_decrypt dlp_deterministic_encrypt dlp_key_chain error external_object_transform
        external_query fetch_metadata gap_fill generate_embedding get_access_url keys.keyset_chain
        keys.keyset_to_json keys.new_keyset keys.new_wrapped_keyset keys.rewrap_keyset keys.rotate_wrapped_keyset
        ml.forecast ml.generate_text ml.predict obj.fetch_metadata obj.get_access_url obj.make_ref predict
        range_sessionize st_regionstats vector_index.statistics vector_search
    """,
    "mysql": """
        asynchronous_connection_failover_add_source benchmark binlog_gtid_pos connection_id decode des_decrypt
        des_encrypt encode extractvalue found_rows get_lock icu_version is_free_lock is_used_lock keyring_key_fetch
        last_insert_id lastval load_file master_gtid_wait master_pos_wait mysql_query_attribute_string nextval
        old_password password ps_current_thread_id release_all_locks release_lock row_count service_get_write_locks
        setval sleep source_pos_wait statement_digest sys_eval sys_exec sys_get sys_set updatexml
        wait_for_executed_gtid_set
    """,
    "snowflake": """
        ai_agg ai_classify ai_complete ai_embed ai_extract build_scoped_file_url build_stage_file_url complete
        current_account current_client current_ip_address current_session current_statement current_transaction
        current_warehouse decrypt email_integration_config encrypt explain_json external_table_files
        get_absolute_path get_ddl get_object_references get_presigned_url get_query_operator_stats
        get_stage_location getvariable identifier infer_schema last_query_id last_transaction login_history
        query_history result_scan system$abort_session system$allowlist system$cancel_query system$wait table
        to_query try_to_file validate
    """,
    "trino": """
        ai_analyze_sentiment ai_classify ai_extract ai_gen ai_mask ai_translate classify current_groups
        evaluate_classifier_predictions exclude_columns fail features flush_metadata_cache kill_query
        learn_classifier learn_libsvm_classifier learn_libsvm_regressor learn_regressor query random_string
        raw_query regress sheet table_changes
    """,
    "tsql": """
        ai_generate_embeddings ai_generate_response app_name applock_test certprivatekey col_length col_name
        connectionproperty containstable context_info databasepropertyex db_id db_name decryptbycert decryptbykey
        decryptbypassphrase encryptbypassphrase error_message fn_get_audit_file fn_trace_gettable
        fn_xe_file_target_read_file freetexttable has_dbaccess has_perms_by_name host_name ident_current index_col
        is_member is_srvrolemember loginproperty object_definition object_id object_name opendatasource openquery
        openrowset openxml original_login permissions predict pwdcompare schema_name scope_identity serverproperty
        session_context sp_executesql stats_date suser_name suser_sname user_name vector_search xact_state
        xp_cmdshell xp_dirtree
    """,
}

# What people who analyse data write every day.
EVERYDAY = {
    "bigquery": """
        abs any_value approx_count_distinct approx_quantiles approx_top_count array array_agg array_concat
        array_length array_to_string avg cast ceil char_length coalesce concat contains_substr corr count countif
        current_date current_timestamp date date_add date_diff date_sub date_trunc datetime dense_rank ends_with
        extract farm_fingerprint first_value floor format format_date format_timestamp generate_array
        generate_date_array generate_uuid greatest hll_count.init hll_count.merge if ifnull initcap
        json_extract_scalar json_query json_value lag last_day last_value lead least length lower lpad max md5 min
        mod net.host net.reg_domain ntile nullif offset parse_date parse_json parse_timestamp percentile_cont rank
        regexp_contains regexp_extract regexp_replace replace round row_number safe_cast safe_divide session_user
        split st_distance st_geogpoint starts_with stddev string_agg strpos struct substr sum timestamp_diff
        timestamp_trunc to_json_string trim unix_seconds unnest upper
    """,
    "mysql": """
        abs adddate any_value ascii avg ceil ceiling char_length coalesce concat concat_ws convert count cume_dist
        curdate current_date current_timestamp database date date_add date_format date_sub datediff day dayname
        dayofweek dayofyear dense_rank elt extract field find_in_set first_value floor format from_unixtime greatest
        group_concat grouping hour if ifnull instr isnull json_arrayagg json_contains json_extract json_object
        json_table json_unquote json_value lag last_day last_value lead least left length ln locate log10 lower lpad
        ltrim max md5 min minute mod month monthname now ntile nullif percent_rank pow quarter rand rank regexp_like
        regexp_replace regexp_substr replace reverse right round row_number rpad rtrim sha2 sqrt st_distance_sphere
        std stddev_samp str_to_date substr substring substring_index sum timestampdiff trim truncate unix_timestamp
        upper uuid variance version week weekday year yearweek
    """,
    "snowflake": """
        abs any_value approx_count_distinct approx_percentile array_agg array_contains array_size avg cast ceil
        coalesce concat concat_ws contains convert_timezone count count_if current_date current_timestamp date_part
        date_trunc dateadd datediff dayname dayofweek decode dense_rank div0 endswith first_value flatten floor
        generator get_path greatest hash hour iff ifnull ilike initcap lag last_day last_value lead least left
        length listagg lower lpad ltrim max max_by md5 median min min_by mod month monthname months_between next_day
        ntile nullif nvl nvl2 object_agg object_construct parse_json percentile_cont position random rank
        ratio_to_report regexp_count regexp_like regexp_replace regexp_substr replace right rlike round row_number
        rtrim seq4 sha2 split split_part sqrt startswith stddev strtok substr sum time_slice
        timestamp_ntz_from_parts to_char to_date to_number to_timestamp to_varchar trim trunc try_cast
        try_parse_json try_to_date try_to_number typeof uniform upper uuid_string week width_bucket year zeroifnull
    """,
    "trino": """
        abs any_match approx_distinct approx_percentile arbitrary array_agg array_distinct array_join at_timezone
        avg bool_or cardinality cast ceil chr coalesce concat contains corr count count_if current_date
        current_timestamp date date_add date_diff date_format date_parse date_trunc day day_of_week dense_rank
        element_at every extract filter first_value floor format format_datetime from_iso8601_timestamp
        from_unixtime greatest histogram hour if json_extract json_extract_scalar json_parse lag last_day_of_month
        last_value lead least length levenshtein_distance listagg ln log10 lower lpad map_agg map_keys max max_by
        md5 min min_by mod month now ntile nullif percent_rank power quarter random rank reduce regexp_extract
        regexp_like regexp_replace replace reverse round row_number sequence sha256 split split_part sqrt
        starts_with stddev strpos substr sum to_unixtime transform trim try try_cast typeof unnest upper
        url_extract_host uuid week width_bucket year zip
    """,
    "tsql": """
        abs approx_count_distinct ascii avg cast ceiling char charindex checksum choose coalesce concat concat_ws
        convert count count_big cume_dist current_timestamp datalength dateadd datediff datediff_big datefromparts
        datename datepart datetime2fromparts datetrunc day dense_rank difference eomonth exp first_value floor
        format generate_series getdate getutcdate greatest grouping hashbytes iif isdate isjson isnull isnumeric
        json_query json_value lag last_value lead least left len log log10 lower ltrim max min month nchar newid
        ntile nullif openjson parsename patindex percent_rank percentile_cont pi power quotename rand rank replace
        replicate reverse right round row_number rtrim sign soundex space sqrt square stdev stdevp str string_agg
        string_split stuff substring sum switchoffset sysdatetime timefromparts translate trim try_cast try_convert
        try_parse unicode upper var varp year
    """,
}


def kinds_of(dialect: str) -> dict[str, list[str]]:
    """The names of a list, by kind, in the order they are written."""
    table = tomllib.loads((FUNCTIONS / f"{dialect}.toml").read_text())
    return {kind: table[kind].split() for kind in (*KINDS, "relations")}


def listed(dialect: str) -> list[str]:
    """Every function of a list."""
    return [name for kind, names in kinds_of(dialect).items() if kind != "relations" for name in names]


@pytest.mark.parametrize("dialect", DIALECTS_LISTED)
def test_a_list_names_each_function_once(dialect: str) -> None:
    assert [name for name, times in Counter(listed(dialect)).items() if times > 1] == []


@pytest.mark.parametrize("dialect", DIALECTS_LISTED)
def test_a_list_is_in_order_in_lower_case_and_fits_the_page(dialect: str) -> None:
    for names in kinds_of(dialect).values():
        assert names == sorted(names)
        assert [name for name in names if name != name.lower()] == []
    lines = (FUNCTIONS / f"{dialect}.toml").read_text().splitlines()
    assert lines[0].startswith("# ")
    assert max(map(len, lines)) <= 118


@pytest.mark.parametrize("dialect", DIALECTS_LISTED)
def test_nothing_dangerous_is_on_a_list(dialect: str) -> None:
    dangerous = words(DANGEROUS[dialect])
    assert len(dangerous) >= 15
    assert dangerous & set(listed(dialect)) == set()


@pytest.mark.parametrize("dialect", DIALECTS_LISTED)
def test_everyday_functions_are_on_a_list(dialect: str) -> None:
    everyday = words(EVERYDAY[dialect])
    assert len(everyday) >= 60
    assert everyday - set(listed(dialect)) == set()


@pytest.mark.parametrize("dialect", DIALECTS_LISTED)
def test_no_list_holds_what_its_dialect_denies(dialect: str) -> None:
    denied = [name for name in listed(dialect) if DIALECTS[dialect].denial(name) is not None]
    assert denied == []


@pytest.mark.parametrize("dialect", DIALECTS_LISTED)
def test_what_changes_from_call_to_call_is_called_volatile(dialect: str) -> None:
    volatile = words("generate_uuid newid rand random random_bytes shuffle sysdate uuid uuid_string") & set(
        listed(dialect)
    )
    if dialect == "snowflake":
        volatile -= {"sysdate"}  # there it is the time at which the statement began, in UTC
    assert volatile
    assert volatile <= set(kinds_of(dialect)["volatile"])


@pytest.mark.parametrize("dialect", DIALECTS_LISTED)
def test_what_the_clock_says_is_never_called_immutable(dialect: str) -> None:
    clock = words("current_date current_time current_timestamp getdate now sysdatetime utc_date") & set(listed(dialect))
    assert clock <= set(kinds_of(dialect)["stable"])


def test_a_derived_list_leaves_out_what_is_refused_and_adds_what_the_server_does_not_name() -> None:
    reviewed = {
        "refused": "sleep",
        "stable": "now",
        "aggregate": "sum",
        "volatile": "rand",
        "added": {"immutable": "left", "stable": "user", "aggregate": "row_number", "volatile": "sysdate"},
    }
    assert reviewed_kinds(["abs", "now", "rand", "sleep", "sum"], reviewed) == {
        "immutable": ["abs", "left"],
        "stable": ["now", "user"],
        "aggregate": ["row_number", "sum"],
        "volatile": ["rand", "sysdate"],
    }
