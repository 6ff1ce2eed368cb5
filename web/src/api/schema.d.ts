// Written by `npm run api:types`; edit the OpenAPI document, not this file.

export interface paths {
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The audit log of the caller's organizations, the newest line first */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/codes/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A published carbon-efficiency code, for everybody */
        get: operations["getPublicCode"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/entries/{entry}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An entry and the tree from its tonnes to its registers */
        get: operations["explainEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/factors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The factor library: sourced, dated and versioned numbers */
        get: operations["listFactors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/factors/lookup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which factor answers a question, as the accounting engine would ask
         * @description Nothing is guessed: where none or several fit, factor is left out and why says so.
         */
        get: operations["lookUpFactor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/factors/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every version of a factor */
        get: operations["listFactorVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grants/{grant}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a role back */
        delete: operations["revokeGrant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/inventories/{inventory}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An inventory as JSON, CSV or workbook */
        get: operations["getInventory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/inventories/{inventory}/difference": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changed between two inventories and why */
        get: operations["compareInventories"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/inventories/{inventory}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proof that a reading is part of the inventory */
        get: operations["proveReading"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/methods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The accounting methods that are shipped, with the inputs that each asks for */
        get: operations["listShippedMethods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/methods/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rules of a shipped method: formula, factors and clause of every activity */
        get: operations["getMethodRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the server counted, in the text format of Prometheus
         * @description Of the whole installation: it needs device.read at the root. Scrape it with a service token as bearer credential.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Organizations that the caller sees, from the top down */
        get: operations["listOrganizations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Parks that the caller sees */
        get: operations["listParks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/activities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Declared activity data
         * @description Of a period, or all, as known now or at a recorded time. An enterprise names itself with organization and sees its own.
         */
        get: operations["listActivities"];
        put?: never;
        /**
         * Declare activity data that no meter tells
         * @description It is refused unless the park's method, or the one that the member reports by, can account it.
         */
        post: operations["declareActivity"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/activities/{activity}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All revisions of a record, the newest first */
        get: operations["getActivity"];
        /** Record the next revision of a record; earlier ones stay */
        put: operations["reviseActivity"];
        post?: never;
        /** Record that a record counts no more; it stays, with the reason */
        delete: operations["withdrawActivity"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarm-channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Ways to deliver notices, without their secrets */
        get: operations["listAlarmChannels"];
        /** Set the ways to deliver notices */
        put: operations["putAlarmChannels"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarm-channels/{channel}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a test and tell what the other side said; the attempt is kept as proof */
        post: operations["testAlarmChannel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarm-contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How to reach the people whom rules name */
        get: operations["listAlarmContacts"];
        /** Set how to reach people */
        put: operations["putAlarmContacts"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarm-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rule file of a park */
        get: operations["getAlarmRules"];
        /**
         * Record a rule file as the park's newest and take it into use
         * @description A file that is not sound is refused whole; fields names each fault as line:column: path: what is wrong.
         */
        put: operations["putAlarmRules"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarm-rules/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Check a rule file without recording it */
        post: operations["checkAlarmRules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarm-rules/proposed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Propose a rule file: limits are quantiles of the park's own history */
        get: operations["proposeAlarmRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Alarms of a park, or of the objects of one organization in it
         * @description Changes are told as events `alarm` {rule, event, state, at} of the park's live stream.
         */
        get: operations["listAlarms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarms/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alarm: journal, evidence two hours around it, related alarms, deliveries */
        get: operations["getAlarm"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/alarms/{rule}/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Acknowledge, assign, shelve, unshelve, take out of service, restore or comment */
        post: operations["actOnAlarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Energy balance of a park by carrier, node and step
         * @description What came in, went out, was converted, stored, lost or not metered, with the quality of its meters. What is not known is null, never 0. A bus is over where more than the limit of what came in is left over.
         */
        get: operations["getBalance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/carbon-flow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Carbon traced through the park's network: intensity of every place by step, members' shares, transfers
         * @description Proportional sharing in every settlement interval, on both bases; what could not be taken as it stands is a finding.
         */
        get: operations["getCarbonFlow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/consolidation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The park consolidated out of its members: what is counted twice, taken off, and held against the sources
         * @description As the park is shown it: its own total, its members' and the transfers among them, on both bases.
         */
        get: operations["getConsolidation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Devices of a park and how they do */
        get: operations["listDevices"];
        /**
         * Record a device list as the park's newest and take it into use
         * @description A list that is not sound is refused whole; fields names each fault as line:column: path: what is wrong.
         */
        put: operations["putDevices"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/devices/{device}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Charging sessions of a charger, the newest first */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/diagnosis": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Energy-saving findings of a park or an organization, the largest first
         * @description Night base load, standing load of machines, power factor, peak-price use, demand peaks and products off their benchmark, each with the intervals that show it.
         */
        get: operations["getDiagnosis"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The document, the planned days, and what is under way */
        get: operations["getDispatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch/document": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Record a document as the park's newest
         * @description A document that cannot be read, or in which a figure is missing, is refused with the path of each fault.
         */
        put: operations["saveDispatchDocument"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch/planning": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End what is being planned */
        delete: operations["endDispatch"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to plan a day
         * @description It goes on in the server; GET /api/v1/parks/{park}/dispatch tells how far it is. One at a time for a park.
         */
        post: operations["planDispatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A planned day with its inputs, its plan and what was decided */
        get: operations["getDispatchRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch/runs/{run}/approval": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approve a proposed plan; another person than the proposer */
        post: operations["approveDispatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch/runs/{run}/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose, reject or withdraw a plan */
        post: operations["decideDispatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/dispatch/template": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A document to begin with, made of the park file */
        get: operations["getDispatchTemplate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/export/{table}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The figures behind a table or chart, as CSV or workbook
         * @description One row a figure: value with all its digits, unit, quality, factor versions and entries, from the query that the page makes. A gap is empty, never 0. Rows of a demo park say so.
         */
        get: operations["exportTable"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What validation found and what was done about it */
        get: operations["listFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Forecast of load, PV, demand or carbon intensity with quantiles and drivers, what was before and what came out
         * @description The model is fitted on the first question, kept, and renewed each day. Where the data end before the clock, their end is taken as now (late). A step without history is null.
         */
        get: operations["getForecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/forecast/backtest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Model card: the kept model, and all models held against the last eight weeks beside the naive ones
         * @description Answers 503 while the backtest is under way; ask again.
         */
        get: operations["getForecastCard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/gateways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Gateways of a park: lag, what waits at the site, clock */
        get: operations["listGateways"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * State of batteries, machines and transformers by their measurements
         * @description Takes a document lingtan.health/v1 and keeps nothing.
         */
        post: operations["evaluateHealth"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/health/{register}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Run hours, starts, load and efficiency of the machine behind a register */
        get: operations["getMachineHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/ingest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of samples since the server started: sums over all parks of this server */
        get: operations["getIngest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/inventories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Inventories of a park, every revision */
        get: operations["listInventories"];
        put?: never;
        /** Close the inventory of a period, or restate a closed one */
        post: operations["closeInventory"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/inventories/{inventory}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A report by standard of an inventory, as workbook, PDF or JSON */
        get: operations["buildReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/inventories/{inventory}/report/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tables of a report, each figure with the entries that it comes from */
        get: operations["previewReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/inventories/{inventory}/uncertainty": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How well an inventory is known: intervals, contributions, data quality, completeness
         * @description 95 % intervals by error propagation (2006 IPCC Guidelines, approach 1) and by Monte Carlo (approach 2). What nobody stated is assumed by a documented default and listed as such.
         */
        get: operations["getUncertainty"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live values as server-sent events
         * @description Events: `reading` {register, at, value, unit}; `settled` {period}; `heartbeat` {at}, every 15 s; `missed` {}, when events since Last-Event-ID are no longer kept: load the values anew. Only events of organizations whose usage the caller may read are sent. A caller that lags behind is disconnected and resumes with Last-Event-ID.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/methods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** By which method members report which year */
        get: operations["listMethods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/organizations/{organization}/inventory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The inventory of one organization by the method of its sector, compiled as known now or at a recorded time
         * @description What it took of each source by the trace over the park, and what it declared. Nothing is stored.
         */
        get: operations["getEnterpriseInventory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/organizations/{organization}/methods/{year}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Record by which method a member reports a year */
        put: operations["setMethod"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Overview of a park, or of one organization in it, over a period
         * @description Indicators, energy flow, carbon by hour (to 31 days) or day, organizations, quality and factors. A gap is null, never 0.
         */
        get: operations["getOverview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/rating": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Indicators, carbon-efficiency code and zero-carbon-park gap of a park or an organization
         * @description Every figure names the quantities that it was made of and the entries, records and factors that they came from. What cannot be computed is null and says what to supply. What-ifs tell the least change that reaches a target or the next grade.
         */
        get: operations["getRating"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/rating/publication": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The carbon-efficiency code that a park or organization has published */
        get: operations["getPublication"];
        /**
         * Publish a carbon-efficiency code
         * @description The rating is made anew and its marks are shown to everybody under /code/{token}. Publishing again changes what the same address shows. The audit log says who published what.
         */
        put: operations["publishCode"];
        post?: never;
        /** Withdraw a published code; its address never shows anything again */
        delete: operations["withdrawCode"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/rating/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rating with levers pulled by given amounts
         * @description Each unit of a lever changes quantities by fixed amounts; the changed quantities are rated by the same rules. Levers of one quantity cannot take more of it than there is.
         */
        get: operations["getWhatIf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/readings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send readings
         * @description Answers when the readings are durable; exact duplicates change nothing; the days they touch are settled again.
         */
        post: operations["admitReadings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/reconciliation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metered flows of a park's network, raw and reconciled side by side
         * @description Weighted least squares over the balances of all buses, with the global, nodal and measurement tests and a log of suspected meters and losses. Nothing that is stored changes. Method: balance/reconcile/DESIGN.md.
         */
        get: operations["getReconciliation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/registers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Registers that a device's value may be mapped to */
        get: operations["listRegisters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/savings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Projects whose saving is measured
         * @description Those of the organizations that the caller may read.
         */
        get: operations["listSavings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/savings/measure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Measure a saving from settled usage, keeping nothing
         * @description Baseline, avoided energy and its uncertainty, indicators, CUSUM. What is missing or weak is told in findings; change points are offered, never applied.
         */
        post: operations["measureSaving"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/savings/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Measure a kept project against its agreed baseline */
        get: operations["getSaving"];
        /**
         * Keep a project with its baseline as it is known now
         * @description Every revision stays. Refused where no model fits the baseline.
         */
        put: operations["keepSaving"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/structure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The park's document: organizations, sites, equipment, points, network */
        get: operations["getStructure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/tariff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Electricity bill by time of use and demand, the demand of each settlement interval, and the class and carbon intensity of each hour
         * @description A park is billed by what it draws from the public grid, an organization by what it uses. Prices are given with the question; what has no price is told in kWh and kW alone.
         */
        get: operations["getTariff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/unmapped": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Values that came and are of no known register */
        get: operations["listUnmapped"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/unmapped/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a device's value its register; what was kept of it becomes readings */
        post: operations["mapValue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/usage/{register}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Settled usage of a register by interval, hour or day */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/usage/{register}/days/{day}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A register's day: settlement intervals and the readings they were settled from */
        get: operations["explainDay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/parks/{park}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a file as lingtan verify does, and hold it against the inventories of the park
         * @description The file is recomputed from nothing but itself and is not kept.
         */
        post: operations["verifyFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People with a grant where the caller may see them */
        get: operations["listPeople"];
        put?: never;
        /** Add a person with a first role, and a one-time link to sign in */
        post: operations["addPerson"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{person}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Let a person in no more; sessions and tokens end */
        delete: operations["disablePerson"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{person}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a person a role in an organization */
        post: operations["addGrant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{person}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A one-time link to set a new password */
        post: operations["layLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/forms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The forms by which inventories are reported */
        get: operations["listReportForms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["me"];
        put?: never;
        /** Sign in with login and password */
        post: operations["signIn"];
        /** Sign out */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in by a one-time link, to set a password */
        post: operations["useLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set one's password; all other sessions end */
        put: operations["setPassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Service tokens of organizations that the caller manages */
        get: operations["listTokens"];
        put?: never;
        /** Make a service token; its secret is said once */
        post: operations["addToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a service token */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AccountingActivity: {
            amount: components["schemas"]["UsageTotals"];
            carrier: string;
            choose?: {
                [key: string]: string;
            };
            evidence?: string;
            given?: {
                [key: string]: components["schemas"]["AccountingGiven"];
            };
            kind: string;
            node: string;
            organization: string;
            place: string;
            record?: string;
            registers: string[] | null;
            source: string;
            /** Format: double */
            uncertainty?: number;
            unit: string;
        };
        AccountingApplied: {
            /** Format: int64 */
            dataYear?: number;
            factor: string;
            grade: string;
            guideline?: string;
            name: components["schemas"]["FactorName"];
            region: string;
            role: string;
            source: string;
            /** Format: double */
            uncertainty?: number;
            unit: string;
            /** Format: double */
            value: number;
        };
        AccountingEnergy: {
            amount: components["schemas"]["UsageTotals"];
            carrier: string;
            clause: string;
            factor: components["schemas"]["AccountingApplied"];
            organization: string;
            /** Format: double */
            tce: number;
            unit: string;
        };
        AccountingEntry: {
            activity: components["schemas"]["AccountingActivity"];
            apart?: string;
            basis: string;
            category?: string;
            clause: string;
            /** Format: double */
            data: number;
            dataUnit: string;
            /** Format: double */
            emissions: number;
            expression: string;
            factors: components["schemas"]["AccountingApplied"][] | null;
            formula: string;
            gas?: string;
            id: string;
            instrument?: string;
            rule: string;
            /** Format: int64 */
            scope: number;
            /** Format: int64 */
            sign?: number;
            unit: string;
        };
        AccountingGiven: {
            /** Format: double */
            pressure?: number;
            source: string;
            /** Format: double */
            temperature?: number;
            /** Format: double */
            uncertainty?: number;
            unit: string;
            /** Format: double */
            value: number;
        };
        AccountingSum: {
            apart?: string;
            basis: string;
            category?: string;
            /** Format: double */
            emissions: number;
            /** Format: int64 */
            entries: number;
            gas: string;
            /** Format: int64 */
            scope: number;
            unit: string;
        };
        ActivitiesOutputBody: {
            activities: components["schemas"]["ActivityView"][];
        };
        ActivityView: {
            /** @description Decimal number from 0, in the unit */
            amount: string;
            author: string;
            carrier?: string;
            /** @description Role of the formula → name of an alternative that the method keeps */
            choose?: {
                [key: string]: string;
            };
            /** @description Invoice, weighbridge list, laboratory report; without it the amount counts as estimated */
            evidence?: string;
            /** @description First day, YYYY-MM-DD in the park's zone */
            first: string;
            /** @description Role of the formula → a value of one's own, with its source */
            given?: {
                [key: string]: components["schemas"]["AccountingGiven"];
            };
            id: string;
            /** @description The activity of a method's rules */
            kind: string;
            /** @description Last day, included */
            last: string;
            note?: string;
            organization: string;
            /** Format: date-time */
            recordedAt: string;
            /** Format: int64 */
            revision: number;
            /**
             * Format: double
             * @description Half the 95 % interval as a share of the amount; 0 = not stated
             */
            uncertainty?: number;
            unit: string;
            /** @description It counts no more; note says why */
            withdrawn: boolean;
        };
        Admission: {
            /** Format: int64 */
            corrected: number;
            /** Format: int64 */
            duplicates: number;
            /** Format: int64 */
            stored: number;
        };
        AdmitInBody: {
            readings: components["schemas"]["Admitted"][] | null;
        };
        Admitted: {
            /**
             * Format: date-time
             * @description End of the interval, or instant of the value
             */
            at: string;
            register: string;
            /**
             * Format: int32
             * @description Seconds of the interval that ends at At; 0 for counters and instants
             */
            span?: number;
            /** Format: double */
            value: number;
        };
        AlarmActInBody: {
            /** @description Of assign */
            assignee?: string;
            /** @enum {string} */
            event: "acknowledge" | "assign" | "shelve" | "unshelve" | "remove" | "restore" | "comment";
            /**
             * Format: int64
             * @description Of shelving, from the clock of the park's alarms
             */
            minutes?: number;
            /** @description Required to shelve, remove and comment */
            note?: string;
        };
        AlarmCheckOutputBody: {
            /** @description Empty where the file is sound */
            faults: components["schemas"]["RulefileFault"][];
            /** Format: int64 */
            rules: number;
            /** @description Signals that nothing in the park feeds: their rules stay blind */
            unknown: string[];
        };
        AlarmRulesOutputBody: {
            author: string;
            /** @description SHA-256 of yaml */
            hash: string;
            /**
             * Format: int64
             * @description From 1, without gaps; 0 = the park has no rules
             */
            number: number;
            /** Format: date-time */
            recordedAt: string;
            yaml: string;
        };
        AlarmTransition: {
            /** Format: date-time */
            at: string;
            cause?: string;
            /** Format: double */
            energy?: number;
            event: string;
            from: string;
            /** Format: double */
            limit?: number;
            note?: string;
            /** Format: int64 */
            number: number;
            occurrence?: string;
            rule: string;
            to: string;
            /** Format: double */
            tonnes?: number;
            /** Format: date-time */
            until?: string;
            /** Format: double */
            value?: number;
            who?: string;
        };
        Assembled: {
            dataset: string;
            licence: string;
            /**
             * Format: double
             * @description Factor on the values; 1 = none
             */
            scale: number;
            shift: components["schemas"]["ParkName"];
            source: string;
            why?: components["schemas"]["ParkName"];
        };
        AuditOutputBody: {
            lines: components["schemas"]["AuditView"][] | null;
        };
        AuditView: {
            action: string;
            address: string;
            /** Format: date-time */
            at: string;
            detail?: string;
            /** @description SHA-256 over this line and the hash of the one before */
            hash: string;
            name: string;
            /** Format: int64 */
            number: number;
            organization: string;
            /** @enum {string} */
            outcome: "done" | "refused" | "failed";
            resource: string;
            who: string;
        };
        BaselinefileAdjustment: {
            /** Format: double */
            amountPerDay: number;
            by: string;
            evidence?: string;
            first: string;
            last: string;
            period: string;
            reason: string;
        };
        BaselinefileQuestion: {
            adjustments?: components["schemas"]["BaselinefileAdjustment"][] | null;
            /** @description 2018-01..2018-06 */
            baseline: string;
            /** Format: double */
            confidence?: number;
            /** @description Registers of production and the like */
            drivers?: string[] | null;
            /** @description Id of the measure or dispatch that is followed */
            measure?: string;
            /** @description Registers of what leaves it */
            minus?: string[] | null;
            /** @enum {string} */
            model?: "daily" | "hourly" | "drivers";
            /**
             * @description IPMVP option; default C of one register, else B
             * @enum {string}
             */
            option?: "B" | "C";
            /** @description point.register of all that the boundary takes in */
            registers: string[] | null;
            reporting?: string;
            /** @description Register of the outdoor temperature in °C */
            temperature?: string;
            title: components["schemas"]["ParkName"];
            /** @description Weekends are a driver */
            weekends?: boolean;
        };
        BillBill: {
            /** Format: double */
            adjust_cost: number | null;
            /** Format: double */
            demand_cost: number | null;
            /** Format: double */
            energy_cost: number | null;
            /** Format: date-time */
            from: string;
            grade: string;
            /** Format: double */
            kwh: number;
            lines: components["schemas"]["BillLine"][] | null;
            months: components["schemas"]["BillMonth"][] | null;
            notes: components["schemas"]["BillNote"][] | null;
            rates: components["schemas"]["BillRates"];
            source: string;
            /** Format: date-time */
            to: string;
            /** Format: double */
            total: number | null;
        };
        BillHour: {
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            class: "S" | "P" | "F" | "V" | "D";
            /** Format: double */
            intensity: number | null;
            /** Format: double */
            price: number | null;
        };
        BillLine: {
            /** @enum {string} */
            class: "S" | "P" | "F" | "V" | "D";
            /** Format: double */
            cost: number | null;
            /** Format: double */
            kwh: number;
            month: string;
            name: components["schemas"]["TariffName"];
            /** Format: double */
            price: number | null;
        };
        BillMonth: {
            /** Format: double */
            adjust_cost: number | null;
            /** Format: double */
            adjustment: number | null;
            /** Format: double */
            billed: number | null;
            /** Format: double */
            contract: number | null;
            /** Format: double */
            demand_cost: number | null;
            /** Format: int64 */
            gaps: number;
            month: string;
            /** Format: double */
            over: number | null;
            /** Format: double */
            peak: number | null;
            /** Format: date-time */
            peak_at: string | null;
            /** Format: double */
            power_factor: number | null;
        };
        BillNote: {
            code: string;
            en: string;
            zh: string;
        };
        BillRates: {
            /** Format: double */
            base: number;
            /** Format: double */
            contract: number;
            /** Format: double */
            demand: number;
            /** Format: double */
            fixed: number;
        };
        BillSheet: {
            bill: components["schemas"]["BillBill"];
            demand: (number | null)[] | null;
            hours: components["schemas"]["BillHour"][] | null;
            name: components["schemas"]["TariffName"];
            organization: string;
            park: string;
            /** Format: int64 */
            step_seconds: number;
            tariff: string;
            zone: string;
        };
        Carbon: {
            /** @description Steps in which a part was estimated or missing */
            estimated: boolean[];
            /** Format: date-time */
            from: string;
            intensity: components["schemas"]["Intensity"];
            series: components["schemas"]["CarbonSeries"][];
            /**
             * Format: int64
             * @description 3600, or 86400 beyond 31 days: then each value is a civil day
             */
            stepSeconds: number;
            unit: string;
        };
        CarbonFinding: {
            /** Format: double */
            amount: number;
            /** Format: int64 */
            count: number;
            /** Format: int64 */
            interval: number;
            kind: string;
            place: string;
        };
        CarbonSeries: {
            color: string;
            id: string;
            name: components["schemas"]["ParkName"];
            /** Format: int64 */
            scope: number;
            values: (number | null)[];
        };
        CarbonflowFlow: {
            findings: components["schemas"]["CarbonFinding"][] | null;
            first: string;
            footprints: string[] | null;
            /** Format: double */
            gap: number;
            /** Format: int64 */
            intervals: number;
            last: string;
            nodes: components["schemas"]["CarbonflowPlace"][] | null;
            owners: components["schemas"]["CarbonflowMember"][] | null;
            park: string;
            sources: components["schemas"]["CarbonflowFootprint"][] | null;
            step: string;
            times: string[] | null;
            transfers: components["schemas"]["CarbonflowTransfer"][] | null;
        };
        CarbonflowFootprint: {
            factor: number[] | null;
            name: components["schemas"]["ParkName"];
            node: string;
            unit: string;
        };
        CarbonflowMember: {
            exported: number[] | null;
            lost: number[] | null;
            organization: string;
            sourced: number[] | null;
            stored: number[] | null;
            used: number[] | null;
        };
        CarbonflowPlace: {
            carrier: string;
            intensity: ((number | null)[] | null)[] | null;
            name: components["schemas"]["ParkName"];
            node: string;
            organization: string;
            through: number[] | null;
            unit: string;
        };
        CarbonflowTransfer: {
            /** Format: double */
            amount: number;
            carbon: number[] | null;
            carrier: string;
            from: string;
            to: string;
        };
        CarrierStep: {
            /** Format: double */
            converted: number | null;
            /** Format: double */
            exported: number | null;
            /** Format: double */
            lost: number | null;
            /** Format: double */
            made: number | null;
            quality: components["schemas"]["Grades"];
            /** Format: double */
            stored: number | null;
            /** Format: double */
            supplied: number | null;
            /** Format: double */
            unjudged: number | null;
            /** Format: double */
            used: number | null;
        };
        CarrierTable: {
            carrier: string;
            name: components["schemas"]["ParkName"];
            steps: components["schemas"]["CarrierStep"][] | null;
            unit: string;
        };
        ChannelsBody: {
            channels: components["schemas"]["PictureChannel"][];
        };
        Check: {
            detail?: string;
            equal: boolean;
            name: components["schemas"]["ParkName"];
        };
        CloseInBody: {
            period: string;
        };
        Column: {
            id: string;
            name: components["schemas"]["ParkName"];
        };
        ConsolidationCounting: {
            /** Format: double */
            amount: number;
            at?: string;
            buyer: string;
            carbon: components["schemas"]["ConsolidationTonnes"];
            carrier: string;
            eliminated: components["schemas"]["ConsolidationTonnes"];
            given: components["schemas"]["ConsolidationLeg"];
            kind: string;
            supplier: string;
            taken: components["schemas"]["ConsolidationLeg"];
            transfer: string;
            treatment: string;
            unit: string;
        };
        ConsolidationLeg: {
            entries: string[] | null;
            scopes: number[] | null;
            tonnes: components["schemas"]["ConsolidationTonnes"];
        };
        ConsolidationResult: {
            countings: components["schemas"]["ConsolidationCounting"][] | null;
            format: string;
            period: string;
            title?: string;
            views: components["schemas"]["ConsolidationView"][] | null;
        };
        ConsolidationSlice: {
            eliminated: components["schemas"]["ConsolidationSum"];
            key: string;
            reported: components["schemas"]["ConsolidationSum"];
        };
        ConsolidationSum: {
            scope1: components["schemas"]["ConsolidationTonnes"];
            scope2: components["schemas"]["ConsolidationTonnes"];
            total: components["schemas"]["ConsolidationTonnes"];
        };
        ConsolidationTonnes: {
            /** Format: double */
            location: number;
            /** Format: double */
            market: number;
        };
        ConsolidationView: {
            below: components["schemas"]["ConsolidationSlice"][] | null;
            closes?: boolean;
            consolidated: components["schemas"]["ConsolidationSum"];
            eliminated: components["schemas"]["ConsolidationSum"];
            level: string;
            /** Format: int64 */
            members: number;
            name: components["schemas"]["ParkName"];
            path: string;
            reported: components["schemas"]["ConsolidationSum"];
            residual?: components["schemas"]["ConsolidationTonnes"];
            sector?: string;
            sectors: components["schemas"]["ConsolidationSlice"][] | null;
            sources?: components["schemas"]["ConsolidationTonnes"];
            /** Format: int64 */
            transfers: number;
        };
        ContactsBody: {
            contacts: components["schemas"]["PictureContact"][];
        };
        DeclareInBody: {
            /** @description Decimal number from 0, in the unit */
            amount: string;
            carrier?: string;
            /** @description Role of the formula → name of an alternative that the method keeps */
            choose?: {
                [key: string]: string;
            };
            /** @description Invoice, weighbridge list, laboratory report; without it the amount counts as estimated */
            evidence?: string;
            /** @description First day, YYYY-MM-DD in the park's zone */
            first: string;
            /** @description Role of the formula → a value of one's own, with its source */
            given?: {
                [key: string]: components["schemas"]["AccountingGiven"];
            };
            /** @description Of the record, unique in the park */
            id: string;
            /** @description The activity of a method's rules */
            kind: string;
            /** @description Last day, included */
            last: string;
            note?: string;
            /** @description Id of the member in the park file */
            organization: string;
            /**
             * Format: double
             * @description Half the 95 % interval as a share of the amount; 0 = not stated
             */
            uncertainty?: number;
            unit: string;
        };
        DeviceVersionView: {
            /** Format: int64 */
            devices: number;
            /** @description SHA-256 of the recorded text */
            hash: string;
            /**
             * Format: int64
             * @description From 1, without gaps
             */
            number: number;
            /** Format: date-time */
            recordedAt: string;
        };
        DeviceView: {
            /** @description Without a login or password */
            address?: string;
            disabled: boolean;
            id: string;
            /**
             * Format: double
             * @description Between polls
             */
            intervalSeconds?: number;
            /** @description Name of a value at the device → register of the park */
            map: {
                [key: string]: string;
            };
            profile?: string;
            protocol: string;
            /** @description Absent while its driver has reported nothing since the server started */
            status?: components["schemas"]["StatusView"];
        };
        DevicesOutputBody: {
            devices: components["schemas"]["DeviceView"][];
            /** @description Of devices that are not in the list, such as those behind a gateway */
            mappings: components["schemas"]["IngestMapping"][];
        };
        DiagnosisEvidence: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            unit: string;
            /** Format: double */
            value: number;
            what: components["schemas"]["ParkName"];
        };
        DiagnosisFact: {
            name: components["schemas"]["ParkName"];
            unit: string;
            /** Format: double */
            value: number;
        };
        DiagnosisFinding: {
            assumptions: components["schemas"]["ParkName"][];
            evidence: components["schemas"]["DiagnosisEvidence"][];
            facts: components["schemas"]["DiagnosisFact"][];
            kind: string;
            name: components["schemas"]["ParkName"];
            node: string;
            organization: string;
            /** Format: int64 */
            rank: number;
            register: string;
            /** Format: double */
            savingCNY: number | null;
            /** Format: double */
            savingKWh: number | null;
            /** Format: double */
            savingTCE?: number;
            /** Format: double */
            savingTonnes: number | null;
            title: components["schemas"]["ParkName"];
        };
        DiagnosisResult: {
            findings: components["schemas"]["DiagnosisFinding"][];
            notes: components["schemas"]["ParkName"][];
        };
        Difference: {
            after: string;
            before: string;
            entries: components["schemas"]["EntryDifference"][] | null;
            records?: string[] | null;
            totals: components["schemas"]["TotalDifference"][] | null;
            usage: components["schemas"]["UsageDifference"][] | null;
        };
        DispatchApprovalInBody: {
            note?: string;
        };
        DispatchDecision: {
            /** Format: date-time */
            at: string;
            kind: string;
            name: string;
            note: string;
            /** Format: int64 */
            number: number;
            park: string;
            /** Format: int64 */
            run: number;
            who: string;
        };
        DispatchDecisionInBody: {
            /** @enum {string} */
            kind: "propose" | "reject" | "withdraw";
            note?: string;
        };
        DispatchDecisionsOutputBody: {
            decisions: components["schemas"]["DispatchDecision"][];
        };
        DispatchDocument: {
            author: string;
            hash: string;
            /** Format: int64 */
            number: number;
            park: string;
            /** Format: date-time */
            recordedAt: string;
            text: string;
        };
        DispatchDocumentInBody: {
            /** @description A dispatch file, in which series may be references */
            text: string;
        };
        DispatchOneOutputBody: {
            decisions: components["schemas"]["DispatchDecision"][];
            /** @description Series that came from forecasts and tariffs */
            inputs: unknown;
            /** @description The plan, as docs/formats/dispatch.md */
            plan: unknown;
            /** @description What was planned, as docs/formats/dispatch.md */
            problem: unknown;
            run: components["schemas"]["DispatchRun"];
        };
        DispatchOutputBody: {
            /** @description The newest; null: none is recorded */
            document: components["schemas"]["DispatchDocument"];
            /** @description What is under way, or how the last one ended; null: none since the server started */
            planning: components["schemas"]["DispatchPlanning"];
            runs: components["schemas"]["DispatchRun"][];
        };
        DispatchPlanning: {
            /** Format: double */
            best: number | null;
            /** Format: double */
            bound: number | null;
            day: string;
            error: string;
            /** Format: int64 */
            run: number;
            running: boolean;
            /** Format: date-time */
            since: string;
        };
        DispatchRun: {
            author: string;
            /** Format: double */
            avoided: number | null;
            /** Format: date-time */
            begins: string;
            /** Format: double */
            carbon: number;
            currency: string;
            /** Format: int64 */
            document: number;
            /** Format: date-time */
            ends: string;
            /** Format: double */
            gap: number | null;
            /** Format: int64 */
            number: number;
            park: string;
            /** Format: date-time */
            recordedAt: string;
            /** Format: double */
            saving: number | null;
            /** Format: double */
            seconds: number;
            status: string;
            title: string;
            /** Format: double */
            total: number;
        };
        DispatchRunInBody: {
            /** @description YYYY-MM-DD; the first step begins at its midnight */
            day: string;
            /** @description Plan the shipped example instead of the park's document */
            example?: boolean;
            /**
             * Format: double
             * @description A plan within this share of the best will do
             */
            gap?: number;
            /**
             * Format: double
             * @description For solvers; 0: a minute
             */
            seconds?: number;
        };
        DispatchTemplateOutputBody: {
            /** @description Paths of what must be filled in */
            missing: string[];
            /** @description A document made of the park file; figures that it does not have are null */
            text: string;
        };
        EnterpriseRow: {
            /** Format: double */
            emissionsScope1: number | null;
            /** Format: double */
            emissionsScope2: number | null;
            /** Format: double */
            energyMWh: number | null;
            entries: string[];
            /**
             * Format: double
             * @description Of metered intervals
             */
            measuredShare: number;
            name: components["schemas"]["ParkName"];
            organization: string;
        };
        EnterpriseView: {
            /** Format: date-time */
            asKnownAt: string;
            energy: components["schemas"]["AccountingEnergy"][];
            entries: components["schemas"]["AccountingEntry"][];
            method: string;
            notes: components["schemas"]["ParkName"][];
            organization: string;
            period: components["schemas"]["Period"];
            /** @description By scope, basis, category and gas */
            sums: components["schemas"]["AccountingSum"][];
            /** @description The organization with those below it first (organization empty), then each */
            totals: components["schemas"]["Total"][];
        };
        EntryDifference: {
            /** Format: double */
            after: number;
            /** Format: double */
            before: number;
            id: string;
            node: string;
            organization: string;
            rule: string;
            why: string;
        };
        EntryOutputBody: {
            entry: components["schemas"]["AccountingEntry"];
            inventory: string;
            park: string;
            tree: components["schemas"]["Explanation"];
        };
        Explanation: {
            children?: components["schemas"]["Explanation"][] | null;
            detail?: string;
            kind: string;
            label: components["schemas"]["ParkName"];
            quality?: components["schemas"]["UsageTotals"];
            ref?: string;
            unit: string;
            /** Format: double */
            value: number;
        };
        FactorLookupOutputBody: {
            /** @description Left out where none answers */
            factor?: components["schemas"]["FactorView"];
            /** @description Where it was looked for, the nearest first */
            regions: string[];
            /** @description Where none answers: which are near, or which several fit */
            why: string;
        };
        FactorName: {
            en: string;
            zh: string;
        };
        FactorUsed: {
            grade: string;
            id: string;
            name: components["schemas"]["ParkName"];
            region: string;
            source: string;
            unit: string;
            /** Format: double */
            value: number;
            version: string;
            /**
             * Format: int64
             * @description Data year; 0 where the factor names none
             */
            year: number;
        };
        FactorVersionsOutputBody: {
            /** @description In the order recorded */
            versions: components["schemas"]["FactorView"][];
        };
        FactorView: {
            category: string;
            /** @enum {string} */
            grade: "A" | "B" | "own";
            guideline: string;
            id: string;
            item: string;
            name: components["schemas"]["Name"];
            note: string;
            parameter: string;
            /** @description YYYY-MM-DD; empty = not stated */
            publishedAt: string;
            /**
             * Format: date-time
             * @description When it entered this library; null = shipped
             */
            recordedAt: string | null;
            region: string;
            seen: string;
            source: string;
            /** @description As the source prints it */
            unit: string;
            /** @description YYYY-MM-DD; empty = open */
            validFrom: string;
            /** @description The day after the last, YYYY-MM-DD; empty = open */
            validTo: string;
            /** Format: double */
            value: number;
            version: string;
        };
        FactorsOutputBody: {
            categories: string[];
            /** @description The newest version of each, by id */
            factors: components["schemas"]["FactorView"][];
            /**
             * Format: int64
             * @description How many fit; the list may be shorter
             */
            found: number;
            regions: string[];
        };
        Finding: {
            code: string;
            node: string;
            /** Format: date-time */
            step: string;
            text: components["schemas"]["ParkName"];
        };
        FindingCount: {
            /** Format: int64 */
            count: number;
            name: components["schemas"]["ParkName"];
            /** Format: int64 */
            registers: number;
            rule: string;
            treatment: string;
        };
        FindingsOutputBody: {
            findings: components["schemas"]["UsageFinding"][];
        };
        ForecastDriver: {
            en: string;
            /** Format: double */
            mean: number | null;
            name: string;
            zh: string;
        };
        ForecastForecast: {
            drivers: components["schemas"]["ForecastDriver"][] | null;
            inputs: components["schemas"]["ForecastUsed"][] | null;
            levels: number[] | null;
            model: string;
            notes: components["schemas"]["ForecastNote"][] | null;
            /** Format: date-time */
            origin: string;
            series: string;
            /** Format: int64 */
            step_seconds: number;
            steps: components["schemas"]["ForecastStep"][] | null;
            /** Format: date-time */
            trained_from: string;
            /** Format: date-time */
            trained_to: string;
            unit?: string;
            weights?: {
                [key: string]: number;
            };
        };
        ForecastLead: {
            /** Format: double */
            coverage: number | null;
            /** Format: double */
            from_hours: number;
            /** Format: double */
            mae: number | null;
            /** Format: int64 */
            targets: number;
            /** Format: double */
            to_hours: number;
        };
        ForecastNote: {
            code: string;
            en: string;
            zh: string;
        };
        ForecastRow: {
            /** Format: double */
            bias: number | null;
            /** Format: double */
            coverage: number | null;
            leads: components["schemas"]["ForecastLead"][] | null;
            /** Format: double */
            mae: number | null;
            /** Format: double */
            mape: number | null;
            /** Format: int64 */
            missing: number;
            model: string;
            /** Format: double */
            nmae: number | null;
            /** Format: double */
            nominal_coverage: number;
            /** Format: double */
            pinball: number | null;
            /** Format: double */
            rmse: number | null;
            /** Format: double */
            skill: number | null;
            /** Format: int64 */
            targets: number;
            /** Format: double */
            width: number | null;
        };
        ForecastStep: {
            /** Format: double */
            mean: number | null;
            parts: number[] | null;
            quantiles: number[] | null;
            /** Format: date-time */
            time: string;
        };
        ForecastTable: {
            choice: string;
            covariates: components["schemas"]["ForecastUsed"][] | null;
            /** Format: date-time */
            from: string;
            /** Format: double */
            horizon_hours: number;
            /** Format: int64 */
            issues: number;
            models: components["schemas"]["ForecastRow"][] | null;
            notes: components["schemas"]["ForecastNote"][] | null;
            reference: string;
            series: string;
            /** Format: date-time */
            to: string;
            unit?: string;
        };
        ForecastUsed: {
            ahead: boolean;
            /** Format: double */
            known: number;
            name: string;
        };
        FormCell: {
            code?: string;
            printed?: string;
            text?: components["schemas"]["ParkName"];
            /** Format: double */
            value?: number;
        };
        FormColumn: {
            /** Format: int64 */
            digits?: number;
            id: string;
            kind: string;
            name: components["schemas"]["ParkName"];
            sum?: boolean;
            unit?: string;
        };
        FormReference: {
            /** Format: int64 */
            asKnownAt: number;
            /** Format: int64 */
            closedAt?: number;
            closedBy?: string;
            hash: string;
            id: string;
            method: string;
            /** Format: int64 */
            revision: number;
            root: string;
            state: string;
        };
        FormRow: {
            cells: components["schemas"]["FormCell"][] | null;
            entries?: string[] | null;
            sum?: components["schemas"]["FormSpan"];
        };
        FormSpan: {
            /** Format: int64 */
            from: number;
            /** Format: int64 */
            to: number;
        };
        FormTable: {
            columns: components["schemas"]["FormColumn"][] | null;
            id: string;
            note?: components["schemas"]["ParkName"];
            rows: components["schemas"]["FormRow"][] | null;
            title: components["schemas"]["ParkName"];
        };
        GatewayView: {
            /** @description Times of samples are corrected by the offset */
            corrected: boolean;
            /** @description What it counted, by event */
            counts?: {
                [key: string]: number;
            };
            /**
             * Format: date-time
             * @description When it spoke last; absent while it has not since the server started
             */
            heardAt?: string;
            id: string;
            /**
             * Format: double
             * @description Age of the oldest sample that is at the site and not here; grows while the gateway is silent
             */
            lagSeconds?: number;
            /**
             * Format: date-time
             * @description Time of the newest sample of the site
             */
            newestSampleAt?: string;
            /**
             * Format: double
             * @description True time less the clock of the machine at the site; absent until it was measured
             */
            offsetSeconds?: number;
            /**
             * Format: double
             * @description Of the exchange that told the offset: its error is at most half of it
             */
            roundTripSeconds?: number;
            /**
             * Format: int64
             * @description That came of it since the server started
             */
            samples: number;
            /**
             * Format: int64
             * @description Of the spool on its disk
             */
            spoolBytes?: number;
            /**
             * Format: int64
             * @description Most bytes that the spool may take
             */
            spoolLimit?: number;
            /** @description Of the program at the site */
            version?: string;
            /**
             * Format: int64
             * @description Samples in its spool that are not acknowledged
             */
            waiting?: number;
        };
        GatewaysOutputBody: {
            gateways: components["schemas"]["GatewayView"][];
        };
        Grades: {
            /** Format: int64 */
            edited: number;
            /** Format: int64 */
            estimated: number;
            /** Format: int64 */
            measured: number;
            /** Format: int64 */
            missing: number;
            /** Format: int64 */
            suspect: number;
        };
        GrantInBody: {
            organization: string;
            role: string;
        };
        GrantView: {
            id?: string;
            organization: string;
            role: string;
        };
        HealthBatteryState: {
            capacity: components["schemas"]["HealthCapacity"];
            /** Format: double */
            chargedAh: number;
            /** Format: double */
            chargedKWh: number | null;
            cycles: components["schemas"]["HealthCycle"][] | null;
            /** Format: int64 */
            deepDischarges: number | null;
            diagnoses: components["schemas"]["HealthDiagnosis"][] | null;
            /** Format: double */
            dischargedAh: number;
            /** Format: double */
            dischargedKWh: number | null;
            /** Format: double */
            energyCapacityKWh: number | null;
            /** Format: double */
            equivalentFullCycles: number;
            /** Format: double */
            extremeTemperatureHours: number | null;
            grade: components["schemas"]["ParkName"];
            /** Format: double */
            hours: number;
            id: string;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            ohmicResistanceMilliohm: number | null;
            passport: components["schemas"]["HealthField"][] | null;
            /** Format: double */
            roundTripEfficiency: number | null;
            /** Format: double */
            unknownHours: number;
        };
        HealthBin: {
            /** Format: double */
            hours: number;
            /** Format: double */
            load: number;
            /** Format: double */
            ratio: number;
        };
        HealthCapacity: {
            /** Format: double */
            ah: number;
            /** Format: double */
            high?: number;
            /** Format: double */
            low?: number;
            method: string;
            /** Format: int64 */
            partialCycles: number;
            /** Format: double */
            stateOfHealth: number;
        };
        HealthCycle: {
            /** Format: double */
            count: number;
            /** Format: double */
            mean: number;
            /** Format: double */
            range: number;
        };
        HealthDiagnosis: {
            code: string;
            from?: string;
            level: string;
            /** Format: double */
            limit?: number;
            source?: string;
            text: components["schemas"]["ParkName"];
            to?: string;
            /** Format: double */
            value?: number;
        };
        HealthField: {
            id: string;
            name: components["schemas"]["ParkName"];
            origin: string;
            source: string;
            text?: string;
            unit?: string;
            /** Format: double */
            value?: number;
        };
        HealthMachineState: {
            curve: components["schemas"]["HealthBin"][] | null;
            diagnoses: components["schemas"]["HealthDiagnosis"][] | null;
            /** Format: double */
            hours: number;
            id: string;
            /** Format: double */
            idleHours?: number;
            kind: string;
            /** Format: double */
            loadFactor?: number;
            /** Format: double */
            meanInputRunning?: number;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            ratio?: number;
            ratioUnit?: string;
            /** Format: double */
            runHours: number;
            /** Format: int64 */
            starts: number;
            /** Format: double */
            startsPerDay: number;
            trend?: components["schemas"]["HealthTrend"];
            /** Format: double */
            unknownHours: number;
        };
        HealthReport: {
            batteries: components["schemas"]["HealthBatteryState"][] | null;
            format: string;
            machines: components["schemas"]["HealthMachineState"][] | null;
            title: components["schemas"]["ParkName"];
            transformers: components["schemas"]["HealthTransformerState"][] | null;
        };
        HealthTransformerState: {
            diagnoses: components["schemas"]["HealthDiagnosis"][] | null;
            /** Format: double */
            economicLoad?: number;
            /** Format: double */
            hours: number;
            id: string;
            /** Format: double */
            lifeUsedHours?: number;
            /** Format: double */
            loadLossKWh: number;
            /** Format: double */
            meanLoad: number;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            noLoadLossKWh: number;
            peakHotSpotAt?: string;
            /** Format: double */
            peakHotSpotC?: number;
            /** Format: double */
            peakLoad: number;
            /** Format: double */
            peakTopOilC?: number;
            /** Format: double */
            relativeAgeing?: number;
            /** Format: int64 */
            solverStepSeconds?: number;
            /** Format: double */
            unknownHours: number;
        };
        HealthTrend: {
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: int64 */
            observations: number;
            /** Format: double */
            p: number;
            /** Format: double */
            slopePerYear: number;
            /** Format: double */
            tau: number;
            /** Format: double */
            varianceFactor: number;
            /** Format: double */
            z: number;
        };
        Inclusion: {
            /** Format: int64 */
            index: number;
            path: string[] | null;
            root: string;
            /** Format: int64 */
            size: number;
        };
        Indicator: {
            /** Format: double */
            editedShare: number;
            /** @description Entries that the value can be traced to, the largest first; at most 50 */
            entries: string[];
            /** Format: double */
            estimatedShare: number;
            /** @enum {string} */
            id: "emissions" | "energy" | "carbon_per_energy" | "green_share" | "carbon_per_kwh" | "peak_demand";
            /** Format: double */
            limit?: number | null;
            /**
             * Format: double
             * @description 0 to 1, by amount
             */
            measuredShare: number;
            /** Format: int64 */
            missingIntervals: number;
            name: components["schemas"]["ParkName"];
            note?: components["schemas"]["ParkName"];
            spark: (number | null)[];
            unit: string;
            /** Format: double */
            value: number | null;
        };
        IngestMapping: {
            device: string;
            name: string;
            register: string;
        };
        IngestOutputBody: {
            /** Format: int64 */
            busy: number;
            /** Format: double */
            commitSeconds: number;
            /** Format: int64 */
            commits: number;
            /** Format: int64 */
            corrected: number;
            /** @description What each door counted: protocol → event → times */
            doors: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** Format: int64 */
            duplicates: number;
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            queue: number;
            refused: {
                [key: string]: number;
            };
            /** Format: int64 */
            samples: number;
            /** Format: int64 */
            stored: number;
            /** Format: int64 */
            unmapped: number;
        };
        IngestUnmapped: {
            /** Format: int64 */
            count: number;
            device: string;
            /** Format: date-time */
            first: string;
            /** Format: int64 */
            kept: number;
            /** Format: date-time */
            last: string;
            name: string;
            /** Format: double */
            value: number;
        };
        Intensity: {
            unit: string;
            values: (number | null)[];
        };
        InventoriesOutputBody: {
            inventories: components["schemas"]["InventoryView"][];
        };
        InventoryState: {
            /** Format: date-time */
            closedAt: string | null;
            id: string;
            period: string;
            /** @enum {string} */
            state: "open" | "closed";
        };
        InventoryTotal: {
            /**
             * Format: double
             * @description tCO2
             */
            location: number;
            /**
             * Format: double
             * @description tCO2
             */
            market: number;
        };
        InventoryView: {
            /** Format: date-time */
            closedAt: string | null;
            closedBy: string;
            hash: string;
            id: string;
            period: string;
            /** Format: int64 */
            revision: number;
            root: string;
            /** @enum {string} */
            state: "open" | "closed" | "superseded";
            total: components["schemas"]["InventoryTotal"];
        };
        Link: {
            /** Format: date-time */
            expiresAt: string;
            /**
             * @description Open it on this server; it serves once
             * @example /setup/…
             */
            path: string;
        };
        LinkInBody: {
            /** @description The last part of /setup/… */
            token: string;
        };
        MandvAdjustment: {
            /** Format: double */
            amountPerDay: number;
            by: string;
            /** Format: int64 */
            days: number;
            evidence?: string;
            first: string;
            last: string;
            period: string;
            reason: string;
            /** Format: double */
            total: number;
        };
        MandvChange: {
            from: string;
            /** Format: double */
            p: number;
            period: string;
            /** Format: double */
            shiftPerDay: number;
            /** Format: double */
            statistic: number;
            text: components["schemas"]["ParkName"];
        };
        MandvChart: {
            days: components["schemas"]["MandvChartPoint"][] | null;
            /** Format: double */
            h: number;
            /** Format: double */
            k: number;
            /** Format: double */
            sigma: number;
            signals: string[] | null;
        };
        MandvChartPoint: {
            /** Format: double */
            cumulative: number;
            day: string;
            /** Format: double */
            expected?: number;
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: double */
            metered?: number;
        };
        MandvFinding: {
            code: string;
            level: string;
            /** Format: double */
            limit?: number;
            period?: string;
            source?: string;
            text: components["schemas"]["ParkName"];
            /** Format: double */
            value?: number;
            where?: string[] | null;
        };
        MandvFit: {
            /** Format: int64 */
            candidates: number;
            /** Format: double */
            coolingBalance?: number;
            /** Format: double */
            heatingBalance?: number;
            /** Format: double */
            intercept?: number;
            model: string;
            /** Format: int64 */
            qualified: number;
            segments?: components["schemas"]["MandvSegment"][] | null;
            statistics: components["schemas"]["MandvStatistics"];
            terms: components["schemas"]["MandvTerm"][] | null;
        };
        MandvIndicator: {
            /** Format: double */
            baseline: number | null;
            /** Format: double */
            change: number | null;
            id: string;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            reporting: number | null;
            unit: string;
        };
        MandvNormalised: {
            /** Format: double */
            baseline: number;
            /** Format: double */
            days: number;
            /** Format: double */
            reporting: number;
            /** Format: double */
            saved: number;
        };
        MandvResult: {
            adjustments: components["schemas"]["MandvAdjustment"][] | null;
            baseline: components["schemas"]["MandvFit"];
            chart?: components["schemas"]["MandvChart"];
            /** Format: double */
            confidence: number;
            findings: components["schemas"]["MandvFinding"][] | null;
            format: string;
            id?: string;
            indicators: components["schemas"]["MandvIndicator"][] | null;
            measure?: string;
            normalised?: components["schemas"]["MandvNormalised"];
            offeredAdjustments: components["schemas"]["MandvChange"][] | null;
            option: string;
            qualifies: boolean;
            reporting?: components["schemas"]["MandvFit"];
            saving?: components["schemas"]["MandvSaving"];
            title: components["schemas"]["ParkName"];
            unit: string;
        };
        MandvSaving: {
            /** Format: double */
            adjusted: number;
            /** Format: double */
            days: number;
            /** Format: double */
            expected: number;
            /** Format: double */
            metered: number;
            /** Format: double */
            saved: number;
            /** Format: double */
            share?: number;
            significant?: boolean;
            uncertainty: components["schemas"]["MandvUncertainty"][] | null;
            /** Format: double */
            unknownDays: number;
        };
        MandvSegment: {
            /** Format: int64 */
            hours: number;
            /** Format: int64 */
            month: number;
            occupiedBins: number[] | null;
            /** Format: int64 */
            occupiedHoursOfWeek: number;
            /** Format: double */
            r2Adjusted: number;
            unoccupiedBins: number[] | null;
        };
        MandvStatistics: {
            /** Format: double */
            autocorrelation: number;
            /** Format: double */
            cvrmse: number;
            /** Format: double */
            cvrmseAdjusted: number;
            /** Format: double */
            cvrmseAshrae: number;
            /** Format: double */
            mean: number;
            /** Format: double */
            nmbe: number;
            /** Format: int64 */
            observations: number;
            /** Format: int64 */
            parameters: number;
            /** Format: double */
            r2: number;
            /** Format: double */
            r2Adjusted: number;
            /** Format: double */
            rmse: number;
            /** Format: double */
            rmseAdjusted: number;
        };
        MandvTerm: {
            name: string;
            /** Format: double */
            standardError: number;
            /** Format: double */
            t: number;
            unit: string;
            /** Format: double */
            value: number;
        };
        MandvUncertainty: {
            /** Format: double */
            effectiveObservations: number;
            /** Format: double */
            fractional?: number;
            /** Format: double */
            half: number;
            method: string;
            source: string;
            /** Format: double */
            t: number;
        };
        MapInBody: {
            device: string;
            /** @description Of the value at the device */
            name: string;
            /** @description point.register */
            register: string;
        };
        Me: {
            /** @enum {string} */
            kind: "person" | "token";
            locale?: string;
            login: string;
            /** @description Nothing else is allowed before a password is set */
            mustSetPassword: boolean;
            name: string;
            roles: components["schemas"]["RoleHeld"][] | null;
        };
        MethodEnergy: {
            carrier: string;
            clause: string;
            factor: components["schemas"]["MethodFactorUse"];
            unit: string;
        };
        MethodFactorUse: {
            alternatives?: {
                [key: string]: components["schemas"]["MethodFactorUse"];
            };
            category?: string;
            given?: string;
            grade?: string;
            guideline?: string;
            item?: string;
            note?: components["schemas"]["MethodText"];
            parameter: string;
            policy?: string;
            regions?: string[] | null;
            source?: string;
            unit?: string;
            /** Format: double */
            value?: number;
        };
        MethodInput: {
            activity: string;
            carriers: string[];
            /** @description Roles for which the method holds or looks up a value */
            kept: string[];
            /** @description Roles whose value the declarer brings: the method holds no default */
            must: string[];
            scopes: number[];
            /** @description Of the activity data in the formula */
            units: string[];
        };
        MethodRule: {
            activity: string;
            apart?: string;
            basis: string;
            carrier?: string;
            category?: string;
            clause: string;
            factors?: {
                [key: string]: components["schemas"]["MethodFactorUse"];
            };
            formula: string;
            gas?: string;
            id: string;
            instruments?: boolean;
            note?: components["schemas"]["MethodText"];
            /** Format: int64 */
            scope: number;
            /** Format: int64 */
            sign?: number;
            unit: string;
        };
        MethodRulesOutputBody: {
            /** @description Conversions to standard coal */
            energy: components["schemas"]["MethodEnergy"][];
            method: components["schemas"]["ShippedMethod"];
            rules: components["schemas"]["MethodRule"][];
        };
        MethodText: {
            en: string;
            zh: string;
        };
        MethodView: {
            author: string;
            /** @description id@version; empty: it reports by none */
            method: string;
            organization: string;
            /** Format: date-time */
            recordedAt: string;
            /** Format: int64 */
            revision: number;
            /** Format: int64 */
            year: number;
        };
        MethodsOutputBody: {
            methods: components["schemas"]["MethodView"][];
        };
        Name: {
            en: string;
            zh: string;
        };
        OrganizationView: {
            /** @enum {string} */
            kind: "region" | "park" | "enterprise" | "site";
            name: components["schemas"]["Name"];
            /** @description Id of the park it belongs to */
            park?: string;
            path: string;
        };
        OrganizationsOutputBody: {
            organizations: components["schemas"]["OrganizationView"][] | null;
        };
        OutlookCard: {
            /** Format: date-time */
            fitted_at: string;
            model: string;
            name: components["schemas"]["ParkName"];
            notes: components["schemas"]["ForecastNote"][] | null;
            of: string;
            organization: string;
            park: string;
            point: string;
            table: components["schemas"]["ForecastTable"];
            /** Format: date-time */
            trained_from: string;
            /** Format: date-time */
            trained_to: string;
        };
        OutlookOutlook: {
            actual: (number | null)[] | null;
            before: (number | null)[] | null;
            /** Format: date-time */
            before_from: string;
            /** Format: date-time */
            data_end: string;
            /** Format: date-time */
            fitted_at: string;
            forecast: components["schemas"]["ForecastForecast"];
            late: boolean;
            name: components["schemas"]["ParkName"];
            notes: components["schemas"]["ForecastNote"][] | null;
            of: string;
            organization: string;
            park: string;
            point: string;
            registers: string[] | null;
            zone: string;
        };
        Overview: {
            /** @enum {string} */
            basis: "location" | "market";
            carbon: components["schemas"]["Carbon"];
            /** Format: date-time */
            dataUntil: string | null;
            enterprises: components["schemas"]["EnterpriseRow"][] | null;
            factors: components["schemas"]["FactorUsed"][] | null;
            indicators: components["schemas"]["Indicator"][] | null;
            /** @description The inventory that the figures can be traced to */
            inventory?: components["schemas"]["InventoryState"];
            park: components["schemas"]["ParkHeading"];
            period: components["schemas"]["Span"];
            quality: components["schemas"]["Quality"];
            sankey: components["schemas"]["Sankey"];
        };
        ParkAssembled: {
            dataset: string;
            licence: string;
            /** Format: double */
            scale?: number;
            shift: components["schemas"]["ParkName"];
            source: string;
            why?: components["schemas"]["ParkName"];
        };
        ParkBuilding: {
            /** Format: double */
            area_m2?: number;
            id: string;
            name: components["schemas"]["ParkName"];
        };
        ParkCarrier: {
            energy_content?: components["schemas"]["ParkMeasure"];
            id: string;
            name: components["schemas"]["ParkName"];
            unit: string;
        };
        ParkConversion: {
            allocation?: string;
            /** Format: double */
            ambient_c?: number;
            kind: string;
            outputs?: components["schemas"]["ParkOutput"][] | null;
            per?: string;
        };
        ParkDocument: {
            assembly?: components["schemas"]["ParkAssembled"][] | null;
            carriers: components["schemas"]["ParkCarrier"][] | null;
            equipment?: components["schemas"]["ParkEquipment"][] | null;
            format: string;
            instruments?: components["schemas"]["ParkInstrument"][] | null;
            network: components["schemas"]["ParkNetwork"];
            organizations: components["schemas"]["ParkOrganization"][] | null;
            park: components["schemas"]["ParkPark"];
            points: components["schemas"]["ParkPoint"][] | null;
            products?: components["schemas"]["ParkProduct"][] | null;
            sites?: components["schemas"]["ParkSite"][] | null;
            tariffs?: components["schemas"]["ParkTariff"][] | null;
        };
        ParkEdge: {
            closing?: boolean;
            from: string;
            id: string;
            rated?: boolean;
            register?: string;
            to: string;
            valid?: components["schemas"]["ParkValid"];
        };
        ParkEquipment: {
            building?: string;
            capacity?: components["schemas"]["ParkMeasure"];
            id: string;
            kind: string;
            name: components["schemas"]["ParkName"];
            note?: components["schemas"]["ParkName"];
            rating?: components["schemas"]["ParkMeasure"];
            site: string;
            valid?: components["schemas"]["ParkValid"];
        };
        ParkExchange: {
            /** Format: date-time */
            at: string;
            /** Format: double */
            first: number;
            /** Format: double */
            last: number;
        };
        ParkHeading: {
            assembled: boolean;
            assembly: components["schemas"]["Assembled"][] | null;
            demo: boolean;
            id: string;
            interval: string;
            name: components["schemas"]["ParkName"];
            region: string;
            zone: string;
        };
        ParkInstrument: {
            evidence: string;
            /** Format: double */
            factor: number;
            id: string;
            kind: string;
            /** Format: double */
            mwh: number;
            organization: string;
            period: string;
        };
        ParkMeasure: {
            unit: string;
            /** Format: double */
            value: number;
        };
        ParkName: {
            en: string;
            zh: string;
        };
        ParkNetwork: {
            edges: components["schemas"]["ParkEdge"][] | null;
            nodes: components["schemas"]["ParkNode"][] | null;
        };
        ParkNode: {
            activity?: string;
            carrier?: string;
            conversion?: components["schemas"]["ParkConversion"];
            equipment?: string;
            id: string;
            kind: string;
            name: components["schemas"]["ParkName"];
            organization: string;
        };
        ParkOrganization: {
            id: string;
            kind: string;
            name: components["schemas"]["ParkName"];
            parent?: string;
            sector?: string;
            valid?: components["schemas"]["ParkValid"];
        };
        ParkOutput: {
            edge: string;
            rated?: components["schemas"]["ParkMeasure"];
            /** Format: double */
            reference?: number;
            /** Format: double */
            return_c?: number;
            /** Format: double */
            share?: number;
            /** Format: double */
            supply_c?: number;
        };
        ParkPark: {
            country: string;
            gwp: string;
            id: string;
            interval: string;
            method: string;
            name: components["schemas"]["ParkName"];
            note?: components["schemas"]["ParkName"];
            region: string;
            zone: string;
        };
        ParkPoint: {
            dataset?: string;
            equipment?: string;
            id: string;
            name: components["schemas"]["ParkName"];
            organization: string;
            registers: components["schemas"]["ParkRegister"][] | null;
            site?: string;
        };
        ParkProduct: {
            id: string;
            name: components["schemas"]["ParkName"];
            organization: string;
            output?: components["schemas"]["ParkProduction"][] | null;
            unit: string;
        };
        ParkProduction: {
            /** Format: double */
            amount: number;
            period: string;
        };
        ParkRegister: {
            accuracy?: string;
            carrier?: string;
            ct?: string;
            /** Format: int64 */
            digits?: number;
            events?: boolean;
            exchanges?: components["schemas"]["ParkExchange"][] | null;
            id: string;
            kind: string;
            /** Format: double */
            max?: number;
            /** Format: double */
            min?: number;
            /** Format: double */
            multiplier?: number;
            parent?: string;
            pt?: string;
            quantity: string;
            step?: string;
            unit: string;
            valid?: components["schemas"]["ParkValid"];
        };
        ParkSite: {
            buildings?: components["schemas"]["ParkBuilding"][] | null;
            id: string;
            name: components["schemas"]["ParkName"];
            organization: string;
        };
        ParkTariff: {
            carrier: string;
            category?: string;
            /** Format: double */
            contract_kw?: number;
            id: string;
            note?: components["schemas"]["ParkName"];
            organizations?: string[] | null;
            pattern?: string;
            valid?: components["schemas"]["ParkValid"];
        };
        ParkValid: {
            from?: string;
            to?: string;
        };
        ParkView: {
            /** @description Real readings of several places put together */
            assembled: boolean;
            demo: boolean;
            /** @description First settled day */
            firstDay: string | null;
            id: string;
            interval: string;
            lastDay: string | null;
            name: components["schemas"]["ParkName"];
            region: string;
            zone: string;
        };
        ParksOutputBody: {
            parks: components["schemas"]["ParkView"][] | null;
        };
        PasswordInBody: {
            /** @description Not needed after a one-time link */
            current?: string;
            password: string;
        };
        PeopleOutputBody: {
            people: components["schemas"]["PersonView"][] | null;
        };
        Period: {
            first: string;
            last: string;
            text: string;
        };
        PersonInBody: {
            /** @enum {string} */
            locale?: "zh" | "en";
            /** @description Letters, digits, and . _ @ - between them */
            login: string;
            name: string;
            organization: string;
            role: string;
        };
        PersonOutputBody: {
            link: components["schemas"]["Link"];
            person: components["schemas"]["PersonView"];
        };
        PersonView: {
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            disabledAt?: string;
            grants: components["schemas"]["GrantView"][] | null;
            /** @description A password was set */
            hasPassword: boolean;
            id: string;
            locale?: string;
            login: string;
            name: string;
        };
        PictureAlarm: {
            advice: components["schemas"]["ParkName"];
            /** @description Who it was handed to */
            assignee?: string;
            blind?: boolean;
            blindOf?: string;
            cause?: string;
            /** @description The rule of the alarm that explains it */
            causeRule?: string;
            /** Format: int64 */
            count?: number;
            /** Format: double */
            energy?: number;
            kind: string;
            /** Format: double */
            limit?: number;
            name: components["schemas"]["ParkName"];
            object?: string;
            objectName: components["schemas"]["ParkName"];
            /** Format: date-time */
            observed?: string;
            occurrence?: string;
            /** Format: date-time */
            onset?: string;
            /** @description Whose the object is */
            organization?: string;
            /** Format: double */
            peak?: number;
            priority?: string;
            /** Format: date-time */
            raised?: string;
            rule: string;
            state: string;
            /** Format: double */
            tonnes?: number;
            /** Format: int64 */
            transitions: number;
            /** @description Of value and limit */
            unit: string;
            /** Format: date-time */
            until?: string;
            /** Format: double */
            value?: number;
        };
        PictureChannel: {
            from?: string;
            id: string;
            /** @enum {string} */
            kind: "mail" | "webhook" | "wecom" | "dingtalk" | "feishu" | "mqtt" | "push";
            /** @enum {string} */
            language?: "zh" | "en";
            plain?: boolean;
            /** @description Addresses of private networks and of this machine are allowed */
            private?: boolean;
            /** @description Written only; left out, the secret that is there stays */
            secret?: string;
            /** @description A secret is stored */
            stored?: boolean;
            to?: string[] | null;
            topic?: string;
            /** @description Shown without its key */
            url?: string;
            user?: string;
        };
        PictureContact: {
            mail?: string;
            /** @description For robots that mention people */
            mobile?: string;
            /** @description As calendars and escalations name the person */
            person: string;
        };
        PictureCounts: {
            /**
             * Format: int64
             * @description The condition stands: unacknowledged or acknowledged
             */
            active: number;
            /**
             * Format: int64
             * @description Shelved, suppressed or out of service
             */
            aside: number;
            /**
             * Format: int64
             * @description Rules whose input is missing or too old: nothing is judged
             */
            blind: number;
            /**
             * Format: int64
             * @description Active of priority critical
             */
            critical: number;
            /**
             * Format: int64
             * @description Over, and nobody has seen it
             */
            returned: number;
            /**
             * Format: int64
             * @description Active, and nobody has seen it
             */
            unacknowledged: number;
        };
        PictureDetail: {
            advice: components["schemas"]["ParkName"];
            /** @description Who it was handed to */
            assignee?: string;
            /** @description Who recorded it */
            author: string;
            blind?: boolean;
            blindOf?: string;
            cause?: string;
            /** @description The rule of the alarm that explains it */
            causeRule?: string;
            /**
             * Format: date-time
             * @description When that version was recorded
             */
            changed: string;
            /** Format: int64 */
            count?: number;
            /** @description on, off: seconds */
            delays: {
                [key: string]: number;
            };
            /** Format: double */
            energy?: number;
            evidence: components["schemas"]["PictureSeries"][];
            /** @description The rule's expression */
            formula?: string;
            inputs: components["schemas"]["PictureInput"][];
            /** @description The newest first, at most 200 */
            journal: components["schemas"]["AlarmTransition"][];
            kind: string;
            /** Format: double */
            limit?: number;
            name: components["schemas"]["ParkName"];
            object?: string;
            objectName: components["schemas"]["ParkName"];
            /** Format: date-time */
            observed?: string;
            occurrence?: string;
            /** Format: date-time */
            onset?: string;
            /** @description Whose the object is */
            organization?: string;
            /** Format: double */
            peak?: number;
            priority?: string;
            /** Format: date-time */
            raised?: string;
            /** @description Alarms of the same cause, object or time */
            related: components["schemas"]["PictureAlarm"][];
            rule: string;
            /** @description The rule's parameters */
            settings: {
                [key: string]: number;
            };
            state: string;
            /** @description Notices of the occurrence and every attempt to deliver them */
            told: components["schemas"]["PictureTold"][];
            /** Format: double */
            tonnes?: number;
            /** Format: int64 */
            transitions: number;
            /** @description Of value and limit */
            unit: string;
            /** Format: date-time */
            until?: string;
            /** Format: double */
            value?: number;
            /**
             * Format: int64
             * @description Of the rule file
             */
            version: number;
            when?: string;
        };
        PictureFlood: {
            /** Format: int64 */
            alarms: number;
            /** Format: date-time */
            since: string;
        };
        PictureInput: {
            name: string;
            /** @description Of the park, where the signal is a register's */
            register?: string;
            signal: string;
        };
        PicturePark: {
            alarms: components["schemas"]["PictureAlarm"][];
            /**
             * Format: date-time
             * @description The time by which the alarms stand: the server's clock, or of a replay the newest reading
             */
            clock: string;
            counts: components["schemas"]["PictureCounts"];
            /** @description Null when there is none */
            flood: components["schemas"]["PictureFlood"];
            park: string;
            /** @description Null where the park is watched live */
            replay: components["schemas"]["PictureReplay"];
            /**
             * Format: int64
             * @description How many rules watch
             */
            rules: number;
            /**
             * Format: int64
             * @description Of the rule file; 0 = there is none and nothing is watched
             */
            version: number;
        };
        PictureReplay: {
            /**
             * Format: date-time
             * @description When it was run
             */
            at: string;
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        PictureSeries: {
            at: string[];
            name: components["schemas"]["ParkName"];
            register?: string;
            signal: string;
            unit: string;
            /** @description Null is a gap */
            values: (number | null)[];
        };
        PictureTold: {
            /** Format: date-time */
            at: string;
            /**
             * Format: int64
             * @description From 1
             */
            attempt: number;
            channel: string;
            notice: string;
            /** @description delivered, retry, failed */
            outcome: string;
            response: string;
            /**
             * Format: int64
             * @description Of HTTP or SMTP; 0 = none was given
             */
            status: number;
        };
        PlaceStep: {
            /** Format: double */
            converted: number | null;
            /** Format: double */
            efficiency?: number;
            /** Format: double */
            in: number | null;
            /** Format: double */
            lost: number | null;
            /** Format: double */
            out: number | null;
            over: boolean;
            quality: components["schemas"]["Grades"];
            /** Format: double */
            share: number | null;
            /** Format: double */
            stored: number | null;
            /** Format: double */
            unjudged: number | null;
            /** Format: double */
            unmetered: number | null;
            /** Format: double */
            yield?: number;
        };
        PlaceTable: {
            carrier: string;
            closing: boolean;
            conversion?: string;
            converts: boolean;
            kind: string;
            name: components["schemas"]["ParkName"];
            node: string;
            organization: string;
            /** Format: double */
            rated?: number;
            steps: components["schemas"]["PlaceStep"][] | null;
            unit: string;
        };
        Problem: {
            /**
             * @description Stable code
             * @example LT-0404
             */
            code: string;
            /** @description What is wrong here */
            detail?: string;
            /** @description Which input is wrong, and why */
            fields?: string[] | null;
            /** @description What to do */
            next: string;
            /**
             * Format: int64
             * @description HTTP status
             */
            status: number;
            /** @description What is wrong, in the caller's language (Accept-Language zh or en) */
            title: string;
            /**
             * @description Page about the code
             * @example /api/docs#LT-0404
             */
            type: string;
        };
        ProposalLeft: {
            kind: string;
            object: string;
            reason: components["schemas"]["ParkName"];
        };
        ProposalProposal: {
            /** @description What was not proposed, and why */
            left: components["schemas"]["ProposalLeft"][];
            /** Format: int64 */
            rules: number;
            /** @description lingtan.alarm/v1 */
            yaml: string;
        };
        PublicMark: {
            /**
             * Format: int64
             * @description From 1, the best; 0 = none
             */
            class: number;
            formula: string;
            id: string;
            limits: number[];
            name: components["schemas"]["Name"];
            unit: string;
            /** Format: double */
            value: number | null;
            verdict: components["schemas"]["Name"];
        };
        PublicationOutputBody: {
            /** @description Left out: nothing is published */
            code?: components["schemas"]["PublishedCode"];
        };
        PublishInBody: {
            /** @description As of the rating: quantity=number */
            declare?: string[] | null;
            /** @description 2018 or 2018-03 */
            period: string;
        };
        PublishedCode: {
            /** @description Quantities that were declared by a person, by id */
            declared: string[];
            /**
             * Format: int64
             * @description 1, the best, to 5
             */
            grade: number;
            marks: components["schemas"]["PublicMark"][];
            /** Format: double */
            measuredShare: number | null;
            name: components["schemas"]["Name"];
            /** @description Identifier in the park file; empty = the park */
            organization: string;
            park: components["schemas"]["Name"];
            period: string;
            /** Format: date-time */
            publishedAt: string;
            region: string;
            /** @description The limits are the region's own; false: those of Zhejiang, for orientation */
            regional: boolean;
            /** @description GB/T 4754, whose mean the grade is held against; empty = not stated */
            sector: string;
            source: string;
            /** @description In the address /code/{token} of the page that needs no sign-in */
            token: string;
        };
        Quality: {
            /** Format: double */
            edited: number;
            /** Format: double */
            estimated: number;
            findings: components["schemas"]["FindingCount"][];
            /** Format: double */
            measured: number;
            /** Format: double */
            missing: number;
        };
        RatingCode: {
            efficiency: components["schemas"]["RatingMark"];
            /** Format: int64 */
            grade: number;
            level: components["schemas"]["RatingMark"];
            neutrality: components["schemas"]["RatingMark"];
            notes: components["schemas"]["ParkName"][];
            regional: boolean;
            sector?: string;
            source: string;
        };
        RatingComparison: {
            /** Format: double */
            after: number;
            /** Format: double */
            before: number;
            indicator: string;
            unit: string;
        };
        RatingDefined: {
            id: string;
            name: components["schemas"]["ParkName"];
            supply: components["schemas"]["ParkName"];
            unit: string;
        };
        RatingFactoryScore: {
            faults: components["schemas"]["RatingFault"][];
            groups: components["schemas"]["RatingGroupScore"][];
            /** Format: double */
            least: number;
            /** Format: double */
            most: number;
            notes: components["schemas"]["ParkName"][];
            points: components["schemas"]["RatingPoints"][];
            /** Format: double */
            score: number | null;
            source: string;
            standard: string;
        };
        RatingFault: {
            en: string;
            kind: string;
            place: string;
            zh: string;
        };
        RatingGroupScore: {
            id: string;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            score: number;
            /** Format: double */
            weight: number;
        };
        RatingHeld: {
            applies: boolean;
            factor: string;
            /** Format: double */
            gap?: number;
            grade: string;
            kind: string;
            met: boolean | null;
            name: components["schemas"]["ParkName"];
            region: string;
            short?: components["schemas"]["RatingQuantity"];
            source: string;
            /** Format: double */
            value: number;
        };
        RatingIndicator: {
            core?: boolean;
            direction: string;
            formula: string;
            id: string;
            levels: components["schemas"]["RatingLevel"][] | null;
            /** Format: double */
            most?: number;
            name: components["schemas"]["ParkName"];
            note?: components["schemas"]["ParkName"];
            scheme: string;
            short?: string;
            source: string;
            unit: string;
            /** Format: double */
            weight?: number;
        };
        RatingLevel: {
            factor: string;
            kind: string;
            name: components["schemas"]["ParkName"];
            when?: components["schemas"]["RatingSpan"];
        };
        RatingLever: {
            change: {
                [key: string]: number;
            };
            id: string;
            /** Format: double */
            most: number;
            name: components["schemas"]["ParkName"];
            unit: string;
            why: components["schemas"]["ParkName"];
        };
        RatingMark: {
            /** Format: int64 */
            class: number;
            expression?: string;
            faults: components["schemas"]["RatingFault"][];
            indicator: components["schemas"]["RatingIndicator"];
            inputs: components["schemas"]["RatingQuantity"][];
            levels: components["schemas"]["RatingHeld"][];
            limits: number[];
            /** Format: double */
            measuredShare?: number;
            missing: components["schemas"]["RatingDefined"][];
            name: components["schemas"]["ParkName"];
            /** Format: double */
            value: number | null;
        };
        RatingPoints: {
            /** Format: double */
            baseline: number;
            from: string[] | null;
            /** Format: double */
            gain: number;
            group: string;
            id: string;
            /** Format: double */
            leading: number;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            points: number | null;
            unit: string;
            /** Format: double */
            value: number | null;
            /** Format: double */
            weight: number;
        };
        RatingProduct: {
            benchmark?: string;
            /** Format: double */
            energy: number;
            from: string[] | null;
            id: string;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            output: number;
        };
        RatingProductValue: {
            class: string;
            faults: components["schemas"]["RatingFault"][];
            levels: components["schemas"]["RatingHeld"][];
            product: components["schemas"]["RatingProduct"];
            /** Format: double */
            savingToBenchmark?: number;
            /** Format: double */
            specific: number | null;
        };
        RatingQuantity: {
            declared?: boolean;
            from: string[] | null;
            id: string;
            /** Format: double */
            measuredShare?: number;
            unit: string;
            /** Format: double */
            value: number;
        };
        RatingResult: {
            code: components["schemas"]["RatingCode"];
            format: string;
            greenFactory?: components["schemas"]["RatingFactoryScore"];
            indicators: components["schemas"]["RatingValue"][];
            notes: components["schemas"]["ParkName"][];
            period: string;
            products: components["schemas"]["RatingProductValue"][];
            region: string;
            title?: string;
            whatIf: components["schemas"]["RatingWhatIf"][];
            zeroCarbonPark: components["schemas"]["RatingZeroCarbonPark"];
        };
        RatingSpan: {
            /** Format: double */
            below?: number;
            /** Format: double */
            from: number;
            quantity: string;
        };
        RatingValue: {
            expression?: string;
            faults: components["schemas"]["RatingFault"][];
            indicator: components["schemas"]["RatingIndicator"];
            inputs: components["schemas"]["RatingQuantity"][];
            levels: components["schemas"]["RatingHeld"][];
            /** Format: double */
            measuredShare?: number;
            missing: components["schemas"]["RatingDefined"][];
            /** Format: double */
            value: number | null;
        };
        RatingWhatIf: {
            /** Format: double */
            amount: number;
            effects: components["schemas"]["RatingComparison"][];
            goal: components["schemas"]["ParkName"];
            indicator: string;
            lever: components["schemas"]["RatingLever"];
            /** Format: double */
            limit: number;
            reached: boolean;
        };
        RatingZeroCarbonPark: {
            coreMet: boolean | null;
            indicators: components["schemas"]["RatingValue"][];
            met: boolean | null;
            /** Format: int64 */
            metCount: number;
            source: string;
            /** Format: int64 */
            unknownCount: number;
            /** Format: int64 */
            unmetCount: number;
        };
        ReadingProof: {
            /** Format: int64 */
            at: number;
            block: string;
            format: string;
            hash: string;
            inDays: components["schemas"]["Inclusion"];
            inRecords?: components["schemas"]["Inclusion"];
            inventory: string;
            readings: string;
            record?: components["schemas"]["RegisterRecord"];
            statement?: components["schemas"]["StatementSigned"];
            /** Format: double */
            value: number;
        };
        ReconcileBalance: {
            carrier?: string;
            /** Format: double */
            critical: number;
            exceeds: boolean;
            /** Format: double */
            loss: number | null;
            /** Format: double */
            lossStatistic: number | null;
            name?: components["schemas"]["ParkName"];
            place: string;
            /** Format: double */
            residual: number | null;
            /** Format: double */
            statistic: number | null;
            unit?: string;
        };
        ReconcileFinding: {
            /** Format: double */
            amount?: number;
            beside?: string[] | null;
            kind: string;
            place: string;
            text: components["schemas"]["ParkName"];
        };
        ReconcileGlobal: {
            /** Format: double */
            confidence: number;
            /** Format: double */
            corrected: number;
            /** Format: double */
            critical: number;
            /** Format: int64 */
            degrees: number;
            /** Format: double */
            objective: number;
            passed: boolean;
            /** Format: double */
            probability: number;
            tested: boolean;
        };
        ReconcileMeterAccuracy: {
            /** Format: double */
            accuracy: number;
            assumed: boolean;
            /** Format: double */
            estimated: number;
            flow: string;
            /** Format: int64 */
            missing: number;
            register?: string;
        };
        ReconcileMetered: {
            /** Format: double */
            adjustment: number | null;
            class: string;
            /** Format: double */
            corrected: number | null;
            /** Format: double */
            correctedSD: number | null;
            exceeds: boolean;
            from?: string;
            id: string;
            /** Format: double */
            inSigma: number | null;
            name?: components["schemas"]["ParkName"];
            /** Format: double */
            raw: number | null;
            /** Format: double */
            reconciled: number | null;
            /** Format: double */
            reconciledSD: number | null;
            /** Format: double */
            sd: number | null;
            /** Format: double */
            statistic: number | null;
            suspect: boolean;
            to?: string;
            unit?: string;
        };
        ReconcileOfPark: {
            /** Format: date-time */
            from: string;
            meters: components["schemas"]["ReconcileMeterAccuracy"][] | null;
            park: string;
            period: string;
            result: components["schemas"]["ReconcileResult"];
            /** Format: date-time */
            to: string;
        };
        ReconcileResult: {
            balances: components["schemas"]["ReconcileBalance"][] | null;
            /** Format: double */
            critical: number;
            findings: components["schemas"]["ReconcileFinding"][] | null;
            flows: components["schemas"]["ReconcileMetered"][] | null;
            format: string;
            global: components["schemas"]["ReconcileGlobal"];
            suspects: components["schemas"]["ReconcileSuspect"][] | null;
            title?: string;
        };
        ReconcileSuspect: {
            /** Format: double */
            after: number;
            alike?: string[] | null;
            /** Format: double */
            before: number;
            /** Format: double */
            critical: number;
            /** Format: int64 */
            degrees: number;
            /** Format: double */
            estimate: number;
            kind: string;
            place: string;
            /** Format: double */
            statistic: number;
            unit?: string;
            why: components["schemas"]["ParkName"];
        };
        RegisterRecord: {
            /** Format: int64 */
            days: number;
            /** Format: int64 */
            readings: number;
            register: string;
            root: string;
            totals: components["schemas"]["UsageTotals"];
            unit: string;
        };
        RegisterView: {
            /** @description Of its point */
            name: components["schemas"]["ParkName"];
            register: string;
            unit: string;
        };
        RegistersOutputBody: {
            registers: components["schemas"]["RegisterView"][];
        };
        ReportForm: {
            formats: string[];
            id: string;
            /** @description What it follows, and what of that was not read */
            standard: components["schemas"]["Name"];
            title: components["schemas"]["Name"];
        };
        ReportFormsOutputBody: {
            forms: components["schemas"]["ReportForm"][];
        };
        ReportPreview: {
            form: string;
            notes: components["schemas"]["Name"][];
            of: components["schemas"]["FormReference"];
            standard: components["schemas"]["Name"];
            tables: components["schemas"]["FormTable"][];
            title: components["schemas"]["Name"];
        };
        ReviseInBody: {
            /** @description Decimal number from 0, in the unit */
            amount: string;
            carrier?: string;
            /** @description Role of the formula → name of an alternative that the method keeps */
            choose?: {
                [key: string]: string;
            };
            /** @description Invoice, weighbridge list, laboratory report; without it the amount counts as estimated */
            evidence?: string;
            /** @description First day, YYYY-MM-DD in the park's zone */
            first: string;
            /** @description Role of the formula → a value of one's own, with its source */
            given?: {
                [key: string]: components["schemas"]["AccountingGiven"];
            };
            /** @description The activity of a method's rules */
            kind: string;
            /** @description Last day, included */
            last: string;
            note?: string;
            /**
             * Format: int64
             * @description The revision that the change was made from
             */
            revision: number;
            /**
             * Format: double
             * @description Half the 95 % interval as a share of the amount; 0 = not stated
             */
            uncertainty?: number;
            unit: string;
        };
        RoleHeld: {
            organization: string;
            organizationName: components["schemas"]["Name"];
            role: string;
        };
        RulefileFault: {
            /** Format: int64 */
            column: number;
            /** Format: int64 */
            line: number;
            message: components["schemas"]["ParkName"];
            path: string;
        };
        Sankey: {
            links: components["schemas"]["SankeyLink"][];
            nodes: components["schemas"]["SankeyNode"][];
            unit: string;
        };
        SankeyLink: {
            carrier: string;
            /** Format: double */
            emissions: number | null;
            from: string;
            /** Format: double */
            measuredShare: number;
            to: string;
            /** Format: double */
            value: number;
        };
        SankeyNode: {
            carrier: string;
            /**
             * Format: double
             * @description tCO2
             */
            emissions: number | null;
            id: string;
            /** @enum {string} */
            kind: "source" | "bus" | "use" | "storage" | "export" | "conversion" | "unmetered";
            name: components["schemas"]["ParkName"];
            organization: string;
            /** Format: double */
            value: number;
        };
        SavingView: {
            author: string;
            baselineHash: string;
            id: string;
            measure: string;
            note: string;
            organization: string;
            park: string;
            question: components["schemas"]["BaselinefileQuestion"];
            /** Format: date-time */
            recordedAt: string;
            /** Format: int64 */
            revision: number;
            withdrawn: boolean;
        };
        SavingsOutputBody: {
            savings: components["schemas"]["SavingView"][];
        };
        Session: {
            authorized: boolean;
            /** Format: date-time */
            begin?: string;
            /** Format: int64 */
            connector: number;
            device: string;
            /** Format: date-time */
            end?: string;
            /** Format: double */
            energy: number | null;
            /** Format: double */
            energy_begin: number | null;
            /** Format: double */
            energy_end: number | null;
            id: string;
            park: string;
            reason?: string;
            superseded?: boolean;
            tag?: string;
        };
        SessionsOutputBody: {
            sessions: components["schemas"]["Session"][];
        };
        SetMethodInBody: {
            /** @description id@version, or id for the newest; empty: by none */
            method: string;
        };
        ShippedMethod: {
            /** @description What the pack follows, its boundary, and what of it was not read */
            citation: string;
            /** @description First 12 hexadecimal digits of the pack file's SHA-256 */
            hash: string;
            id: string;
            /** @description What may be declared under the method, by activity */
            inputs: components["schemas"]["MethodInput"][];
            name: components["schemas"]["Name"];
            /** @description id@version, as entries name it */
            ref: string;
            /** Format: int64 */
            rules: number;
            scopes: number[];
            /** @description The sector that the standard is for; empty = any */
            sector: components["schemas"]["Name"];
            /** @description The number of the standard or notice, as the pack writes it; empty where it is no numbered one */
            standard: string;
            version: string;
            /**
             * Format: int64
             * @description The year of the standard; 0 = not numbered by year
             */
            year: number;
        };
        ShippedMethodsOutputBody: {
            methods: components["schemas"]["ShippedMethod"][];
        };
        SignInBody: {
            login: string;
            password: string;
        };
        Span: {
            firstDay: string;
            /** Format: date-time */
            from: string;
            lastDay: string;
            text: string;
            /** Format: date-time */
            to: string;
        };
        StatementHead: {
            /** Format: int64 */
            days: number;
            entries: string;
            first: string;
            format: string;
            gateway: string;
            interval: string;
            /** Format: int64 */
            issuedAt: number;
            key: string;
            last: string;
            /** Format: int64 */
            number: number;
            organization: string;
            park: string;
            previous: string;
            registers: components["schemas"]["StatementRegister"][] | null;
            root: string;
            zone: string;
        };
        StatementRegister: {
            carrier: string;
            /** Format: int64 */
            days: number;
            kind: string;
            /** Format: int64 */
            readings: number;
            register: string;
            totals: components["schemas"]["UsageTotals"];
            unit: string;
        };
        StatementSigned: {
            head: components["schemas"]["StatementHead"];
            publicKey: string;
            signature: string;
        };
        StatusView: {
            /** Format: date-time */
            at: string;
            /** @description What is wrong and what to do */
            error?: string;
            /**
             * Format: double
             * @description Of the device's clock or newest sample behind the server's; absent where a failing device told none
             */
            lagSeconds?: number;
            /**
             * Format: double
             * @description Absent where it was not measured
             */
            latencySeconds?: number;
            ok: boolean;
            /** Format: int64 */
            samples: number;
        };
        Table: {
            carriers: components["schemas"]["CarrierTable"][] | null;
            columns: components["schemas"]["Column"][] | null;
            findings: components["schemas"]["Finding"][] | null;
            format: string;
            /** Format: double */
            limit: number;
            name: components["schemas"]["ParkName"];
            park: string;
            places: components["schemas"]["PlaceTable"][] | null;
            step: string;
            steps: string[] | null;
            /** Format: date-time */
            to: string;
        };
        TariffName: {
            en: string;
            zh: string;
        };
        TokenInBody: {
            /**
             * Format: date-time
             * @description At most two years ahead
             */
            expiresAt: string;
            grants: components["schemas"]["GrantView"][] | null;
            name: string;
        };
        TokenOutputBody: {
            /** @description Said this once; send it as Authorization: Bearer */
            secret: string;
            token: components["schemas"]["TokenView"];
        };
        TokenView: {
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            /** Format: date-time */
            expiresAt: string;
            grants: components["schemas"]["GrantView"][] | null;
            id: string;
            name: string;
            /** Format: date-time */
            revokedAt?: string;
        };
        TokensOutputBody: {
            tokens: components["schemas"]["TokenView"][] | null;
        };
        Total: {
            /** Format: double */
            editedShare: number;
            /** Format: double */
            estimatedShare: number;
            /** Format: int64 */
            intervals: number;
            /** Format: double */
            measuredShare: number;
            /** Format: int64 */
            missingIntervals: number;
            organization: string;
            /** Format: double */
            scope1: number;
            /** Format: double */
            scope2Location: number;
            /** Format: double */
            scope2Market: number;
            /** Format: double */
            scope3?: number;
            /** Format: double */
            tce: number;
        };
        TotalDifference: {
            after: components["schemas"]["Total"];
            before: components["schemas"]["Total"];
        };
        UncertaintyCategory: {
            category: string;
            /** Format: double */
            emissions: number;
            /** Format: int64 */
            entries: number;
            /** Format: int64 */
            rules: number;
            /** Format: int64 */
            scope: number;
        };
        UncertaintyCompleteness: {
            categories: components["schemas"]["UncertaintyCategory"][] | null;
            /** Format: double */
            missingShare: number;
            registers: components["schemas"]["UncertaintyGap"][] | null;
            sources: components["schemas"]["UncertaintySource"][] | null;
        };
        UncertaintyContribution: {
            assumed: boolean;
            /** Format: double */
            half: number;
            kind: string;
            name: components["schemas"]["ParkName"];
            /** Format: double */
            share: number;
            term: string;
            /** Format: double */
            uncertainty: number;
        };
        UncertaintyConvergence: {
            /** Format: int64 */
            batches: number;
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: double */
            mean: number;
        };
        UncertaintyEntryQuality: {
            /** Format: double */
            emissions: number;
            entry: string;
            /** Format: double */
            score: number;
            scores: components["schemas"]["UncertaintyScore"][] | null;
        };
        UncertaintyGap: {
            /** Format: int64 */
            days: number;
            /** Format: double */
            editedShare: number;
            /** Format: double */
            estimatedShare: number;
            /** Format: int64 */
            expected: number;
            /** Format: int64 */
            missing: number;
            /** Format: double */
            missingShare: number;
            register: string;
            /** Format: int64 */
            service: number;
        };
        UncertaintyInterval: {
            /** Format: double */
            half: number;
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: double */
            relative: number;
        };
        UncertaintyQuality: {
            entries: components["schemas"]["UncertaintyEntryQuality"][] | null;
            indicators: {
                [key: string]: number;
            };
            /** Format: double */
            score: number;
        };
        UncertaintyReport: {
            /** Format: double */
            assumedShare: number;
            completeness?: components["schemas"]["UncertaintyCompleteness"];
            contributions: components["schemas"]["UncertaintyContribution"][] | null;
            convergence: components["schemas"]["UncertaintyConvergence"];
            /** Format: int64 */
            draws: number;
            format: string;
            inventory: string;
            notes: components["schemas"]["ParkName"][] | null;
            park: string;
            period: string;
            quality?: components["schemas"]["UncertaintyQuality"];
            results: components["schemas"]["UncertaintyResult"][] | null;
            /** Format: int64 */
            seed: number;
            terms: components["schemas"]["UncertaintyTerm"][] | null;
        };
        UncertaintyResult: {
            approach1: components["schemas"]["UncertaintyInterval"];
            basis: string;
            /** Format: double */
            difference: number;
            /** Format: double */
            emissions: number;
            group: string;
            key: string;
            monteCarlo: components["schemas"]["UncertaintySimulated"];
        };
        UncertaintyScore: {
            indicator: string;
            /** Format: int64 */
            level: number;
            reason: components["schemas"]["ParkName"];
        };
        UncertaintySimulated: {
            /** Format: double */
            half: number;
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: double */
            mean: number;
            /** Format: double */
            relative: number;
            /** Format: double */
            sd: number;
        };
        UncertaintySource: {
            carrier: string;
            /** Format: int64 */
            entries: number;
            /** Format: double */
            given: number;
            source: string;
            unit: string;
        };
        UncertaintyTerm: {
            assumed?: boolean;
            basis?: components["schemas"]["ParkName"];
            id: string;
            kind: string;
            /** Format: double */
            most?: number;
            name?: components["schemas"]["ParkName"];
            original?: string;
            shape: string;
            /** Format: double */
            uncertainty: number;
        };
        UnmappedOutputBody: {
            unmapped: components["schemas"]["IngestUnmapped"][];
        };
        UsageDifference: {
            /** Format: double */
            after: number;
            /** Format: double */
            before: number;
            register: string;
            unit: string;
        };
        UsageFinding: {
            /** Format: int64 */
            count: number;
            detail: string;
            /** Format: int64 */
            from: number;
            /** Format: double */
            limit: number;
            register: string;
            rule: string;
            /** Format: int64 */
            to: number;
            treatment: string;
            /** Format: double */
            value: number;
        };
        UsageTotals: {
            /** Format: double */
            edited: number;
            /** Format: double */
            estimated: number;
            /** Format: int64 */
            intervals: number;
            /** Format: double */
            measured: number;
            /** Format: int64 */
            missing: number;
        };
        UsageView: {
            /** Format: date-time */
            from: string;
            /** @description The worst in the step: measured, estimated, edited, missing */
            quality: string[];
            register: string;
            /**
             * Format: int64
             * @description 86400: each value is a civil day
             */
            stepSeconds: number;
            /** @description A validation rule fired */
            suspect: boolean[];
            unit: string;
            /** @description null where nothing is known */
            values: (number | null)[];
        };
        VerifyOutputBody: {
            checks: components["schemas"]["Check"][];
            /** @description Every check agrees */
            equal: boolean;
            /** @description Content hash of that inventory, as the file has it */
            hash: string;
            /** @description That the file names; empty where it names none */
            inventory: string;
            /** @description It is an inventory of this park with this hash; null where the file names none that this park keeps */
            kept: boolean | null;
            /** @enum {string} */
            kind: "inventory" | "report" | "proof";
            /** @description What differs first; empty when all agree */
            why: string;
        };
        WhatIfOutputBody: {
            /** @description Rated anew with every lever at its amount */
            after: components["schemas"]["RatingResult"];
            before: components["schemas"]["RatingResult"];
            /** @description Those that move an indicator which misses its level */
            levers: components["schemas"]["RatingLever"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAudit: {
        parameters: {
            query?: {
                /** @description Lines numbered below; 0: from the newest */
                before?: number;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPublicCode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublishedCode"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entry: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFactors: {
        parameters: {
            query: {
                /** @description Words that id, name, item, guideline, region or source hold, all of them */
                search?: string;
                category?: string;
                region?: string;
                grade?: "A" | "B" | "own";
                /** @description How many are listed at most */
                limit: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FactorsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    lookUpFactor: {
        parameters: {
            query?: {
                category?: string;
                item?: string;
                parameter?: string;
                guideline?: string;
                /** @description A province or its code: looked for there, then in its grid region, then in the nation */
                place?: string;
                /** @description The day of the activity, YYYY-MM-DD */
                at?: string;
                asKnownAt?: string;
                policy?: "valid" | "latest_published" | "nearest_year";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FactorLookupOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFactorVersions: {
        parameters: {
            query: {
                id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FactorVersionsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInventory: {
        parameters: {
            query?: {
                format?: "json" | "csv" | "xlsx";
                /** @description JSON with the usage evidence that lingtan verify needs */
                evidence?: boolean;
            };
            header?: never;
            path: {
                inventory: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareInventories: {
        parameters: {
            query: {
                /** @description The later inventory, of the same park */
                with: string;
            };
            header?: never;
            path: {
                inventory: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Difference"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    proveReading: {
        parameters: {
            query: {
                register: string;
                at: string;
            };
            header?: never;
            path: {
                inventory: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadingProof"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listShippedMethods: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShippedMethodsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMethodRules: {
        parameters: {
            query: {
                /** @description id@version, or id for the newest */
                method: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MethodRulesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listOrganizations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listParks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParksOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listActivities: {
        parameters: {
            query?: {
                /** @description This one and those below it */
                organization?: string;
                period?: string;
                asKnownAt?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivitiesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    declareActivity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeclareInBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getActivity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                activity: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivitiesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reviseActivity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                activity: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReviseInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdrawActivity: {
        parameters: {
            query: {
                /** @description The revision that is withdrawn */
                revision: number;
                reason: string;
            };
            header?: never;
            path: {
                park: string;
                activity: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAlarmChannels: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelsBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putAlarmChannels: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelsBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelsBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testAlarmChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                channel: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PictureTold"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAlarmContacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContactsBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putAlarmContacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContactsBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContactsBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAlarmRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlarmRulesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putAlarmRules: {
        parameters: {
            query?: {
                /** @description The version that the file was made from; 0 = there was none */
                after?: number;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlarmRulesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkAlarmRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlarmCheckOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    proposeAlarmRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalProposal"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAlarms: {
        parameters: {
            query?: {
                /** @description Those of all rules, and not only those that a person has to look at */
                all?: boolean;
                state?: "normal" | "unacknowledged" | "acknowledged" | "returned" | "shelved" | "suppressed" | "out_of_service";
                priority?: "low" | "medium" | "high" | "critical";
                kind?: string;
                object?: string;
                /** @description Of objects of this organization alone */
                organization?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PicturePark"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAlarm: {
        parameters: {
            query?: {
                /** @description The alarm is of an object of this organization */
                organization?: string;
            };
            header?: never;
            path: {
                park: string;
                /** @description A rule has one alarm, which bears its id */
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PictureDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    actOnAlarm: {
        parameters: {
            query?: {
                /** @description The alarm is of an object of this organization */
                organization?: string;
            };
            header?: never;
            path: {
                park: string;
                rule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlarmActInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PictureDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBalance: {
        parameters: {
            query?: {
                /** @description 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11; or give from and to */
                period?: string;
                /** @description First day, where period is left out */
                from?: string;
                /** @description Last day */
                to?: string;
                step?: "interval" | "hour" | "day" | "month" | "period";
                /** @description Share of what came in that a bus may leave over; 0 = 0.05 */
                limit?: number;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Table"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCarbonFlow: {
        parameters: {
            query: {
                /** @description 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11 */
                period: string;
                step?: "hour" | "day" | "month";
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CarbonflowFlow"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getConsolidation: {
        parameters: {
            query: {
                /** @description 2018, 2018-03, 2018-03-05 or 2018-03-05/2018-03-11 */
                period: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsolidationResult"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDevices: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DevicesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putDevices: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceVersionView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                park: string;
                device: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDiagnosis: {
        parameters: {
            query: {
                /** @description 2018 or 2018-03; at most 366 days */
                period: string;
                /** @description This organization of the park and those below it */
                organization?: string;
                /** @description CNY/kWh of the part that floats with the tariff's class; without it no money is told */
                price?: number;
                /** @description CNY/kWh of the rest */
                fixed?: number;
                /** @description CNY per kW of demand and month */
                demand?: number;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiagnosisResult"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDispatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DispatchOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    saveDispatchDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DispatchDocumentInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DispatchDocument"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endDispatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planDispatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DispatchRunInBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DispatchOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDispatchRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DispatchOneOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approveDispatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DispatchApprovalInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DispatchDecisionsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decideDispatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DispatchDecisionInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DispatchDecisionsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDispatchTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DispatchTemplateOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportTable: {
        parameters: {
            query: {
                /** @description 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11 */
                period: string;
                basis?: "location" | "market";
                /** @description Of intensity, members, transfers, carriers and places */
                step?: "hour" | "day" | "month";
                /** @description Only this organization of the park; not of the tables of the whole network */
                organization?: string;
                format?: "csv" | "xlsx";
            };
            header?: never;
            path: {
                park: string;
                table: "indicators" | "flow" | "carbon" | "enterprises" | "quality" | "factors" | "intensity" | "members" | "transfers" | "carriers" | "places" | "findings";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFindings: {
        parameters: {
            query?: {
                organization?: string;
                period?: string;
                register?: string[] | null;
                rule?: string[] | null;
                limit?: number;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FindingsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getForecast: {
        parameters: {
            query?: {
                of?: "load" | "pv" | "demand" | "carbon";
                /** @description This organization of the park and those below it */
                organization?: string;
                /** @description A point, or one register of it: point.register */
                point?: string;
                /** @description 15m to 168h; beyond 24h by the hour */
                horizon?: string;
                /** @description The settlement interval or 1h */
                step?: string;
                /** @description As of this time, with nothing later looked at; default the end of the data */
                origin?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OutlookOutlook"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getForecastCard: {
        parameters: {
            query?: {
                of?: "load" | "pv" | "demand" | "carbon";
                /** @description This organization of the park and those below it */
                organization?: string;
                /** @description A point, or one register of it: point.register */
                point?: string;
                /** @description 15m to 168h; beyond 24h by the hour */
                horizon?: string;
                /** @description The settlement interval or 1h */
                step?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OutlookCard"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGateways: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewaysOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evaluateHealth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthReport"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMachineHealth: {
        parameters: {
            query: {
                period: string;
                /** @description point.register of what comes out */
                output?: string;
                /** @description kW above which the machine runs */
                on?: number;
                /** @description Rated kW */
                rated?: number;
            };
            header?: never;
            path: {
                park: string;
                /** @description point.register of what goes in */
                register: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthMachineState"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getIngest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listInventories: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InventoriesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    closeInventory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CloseInBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InventoryView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    buildReport: {
        parameters: {
            query: {
                form: "gbt32150" | "iso14064-1" | "ghg-protocol" | "ets-mrv" | "energy" | "park-inventory" | "zero-carbon-park" | "cbam";
                /** @description xml: of the form cbam alone */
                format?: "json" | "xlsx" | "pdf" | "xml";
                lang?: "zh" | "en" | "both";
            };
            header?: never;
            path: {
                park: string;
                inventory: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewReport: {
        parameters: {
            query: {
                form: "gbt32150" | "iso14064-1" | "ghg-protocol" | "ets-mrv" | "energy" | "park-inventory" | "zero-carbon-park" | "cbam";
            };
            header?: never;
            path: {
                park: string;
                inventory: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportPreview"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUncertainty: {
        parameters: {
            query?: {
                /** @description Draws of the Monte Carlo simulation */
                draws?: number;
                /** @description The same seed gives the same figures */
                seed?: number;
            };
            header?: never;
            path: {
                park: string;
                inventory: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UncertaintyReport"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id of the last event that was got */
                "Last-Event-ID"?: string;
            };
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMethods: {
        parameters: {
            query?: {
                /** @description This one and those below it */
                organization?: string;
                asKnownAt?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MethodsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getEnterpriseInventory: {
        parameters: {
            query: {
                period: string;
                /** @description id@version; without it the one that the organization reports the year by */
                method?: string;
                asKnownAt?: string;
            };
            header?: never;
            path: {
                park: string;
                organization: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnterpriseView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setMethod: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                organization: string;
                year: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetMethodInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MethodView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOverview: {
        parameters: {
            query?: {
                /** @description 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11; empty: the last settled year */
                period?: string;
                basis?: "location" | "market";
                /** @description Only this organization of the park */
                organization?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRating: {
        parameters: {
            query: {
                /** @description 2018 or 2018-03 */
                period: string;
                /** @description This organization of the park and those below it */
                organization?: string;
                /** @description What no meter tells, as quantity=number in the unit of the catalogue, such as value_added=1200 */
                declare?: string[] | null;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RatingResult"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPublication: {
        parameters: {
            query?: {
                /** @description This organization of the park; empty = the park */
                organization?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicationOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    publishCode: {
        parameters: {
            query?: {
                /** @description This organization of the park; empty = the park */
                organization?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PublishInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicationOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdrawCode: {
        parameters: {
            query?: {
                /** @description This organization of the park; empty = the park */
                organization?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicationOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWhatIf: {
        parameters: {
            query: {
                /** @description 2018 or 2018-03 */
                period: string;
                /** @description This organization of the park and those below it */
                organization?: string;
                /** @description As of the rating: quantity=number */
                declare?: string[] | null;
                /** @description How much of a lever is used, as lever=amount in the lever's unit, such as clean_power=120000 */
                lever?: string[] | null;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhatIfOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    admitReadings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdmitInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Admission"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReconciliation: {
        parameters: {
            query?: {
                /** @description 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11; or give from and to */
                period?: string;
                /** @description First day, where period is left out */
                from?: string;
                /** @description Last day */
                to?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconcileOfPark"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRegisters: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistersOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSavings: {
        parameters: {
            query?: {
                /** @description Of this measure or dispatch alone */
                measure?: string;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavingsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    measureSaving: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BaselinefileQuestion"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MandvResult"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSaving: {
        parameters: {
            query?: {
                /** @description Another reporting period than the project's own */
                reporting?: string;
            };
            header?: never;
            path: {
                park: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MandvResult"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    keepSaving: {
        parameters: {
            query?: {
                /** @description The revision that the change was made from, 0 for a new project */
                after?: number;
            };
            header?: never;
            path: {
                park: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BaselinefileQuestion"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavingView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStructure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkDocument"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTariff: {
        parameters: {
            query: {
                /** @description 2018-07, 2018-07-05 or 2018; at most 366 days, demand and hours for at most 31 */
                period: string;
                /** @description This organization of the park and those below it */
                organization?: string;
                /** @description CNY/kWh of the part that floats with the tariff's class; without it no money is told */
                base?: number;
                /** @description CNY/kWh of the rest */
                fixed?: number;
                /** @description CNY per kW of demand and month */
                demand?: number;
                /** @description kW agreed on; default that of the park file */
                contract?: number;
            };
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillSheet"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUnmapped: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnmappedOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mapValue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MapInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceVersionView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUsage: {
        parameters: {
            query: {
                period: string;
                step?: "interval" | "hour" | "day";
            };
            header?: never;
            path: {
                park: string;
                /** @description point.register */
                register: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainDay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
                register: string;
                /** @description YYYY-MM-DD */
                day: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verifyFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                park: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerifyOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPeople: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeopleOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addPerson: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonInBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disablePerson: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantInBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    layLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReportForms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportFormsOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    useLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokensOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenInBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
